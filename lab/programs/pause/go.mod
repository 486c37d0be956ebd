module cert-manager-vault/lab/pause

go 1.26
