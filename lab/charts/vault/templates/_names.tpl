{{/* Objects are called after the release when its name already says vault. */}}
{{- define "vault.name" -}}
{{- if contains "vault" .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-vault{{ end -}}
{{- end }}

{{- define "vault.scheme" -}}
{{ if .Values.global.tlsDisable }}http{{ else }}https{{ end }}
{{- end }}

{{- define "vault.identity" -}}
app.kubernetes.io/name: vault
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "vault.labels" -}}
helm.sh/chart: vault-{{ .Chart.Version }}
{{ include "vault.identity" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "vault.serverSelector" -}}
{{ include "vault.identity" . }}
component: server
{{- end }}
