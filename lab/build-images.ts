import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import * as path from "node:path";
import { withBuildLock } from "./build-lock";
import type { Programs } from "./build-programs";
import { recordBuildTime } from "./build-times";
import type { ImageArchive } from "./cluster/images";
import { archiveDebianRoot } from "./debian-root";
import { seconds } from "./elapsed";
import { images, type Image } from "./images";
import { inputHash } from "./input-hash";
import { buildLog, paths } from "./paths";
import { removeUnused } from "./remove-unused";
import { runCommand } from "./run-command";
import type { Progress } from "./steps";

/** Builds the images that the cache does not have yet, as docker archives. */
export async function buildImages(programs: Programs, progress: Progress): Promise<ImageArchive[]> {
  const archives = images.map((image) => ({
    reference: image.reference,
    archive: path.join(paths.images, `${nameOf(image)}-${inputsOf(image, programs)}.tar`),
  }));
  const missing = images.flatMap((image, index) => {
    const archive = archives[index]?.archive ?? "";
    return existsSync(archive) ? [] : [{ image, archive }];
  });
  if (missing.length > 0) {
    await withBuildLock(progress, async () => {
      for (const { image, archive } of missing) await buildImage(image, programs, archive, progress);
      rmSync(paths.buildTemporary, { recursive: true, force: true });
    });
  }
  removeUnused(
    paths.images,
    archives.map(({ archive }) => archive),
  );
  return archives;
}

function nameOf(image: Image): string {
  return image.target ? `${image.directory}-${image.target}` : image.directory;
}

function inputsOf(image: Image, programs: Programs): string {
  // A program's path says what it was built from.
  const builds = image.programs.map((name) => path.relative(paths.programs, programs[name]));
  return inputHash([image, builds], [sourceOf(image)]);
}

function sourceOf(image: Image): string {
  return path.join(paths.imageSources, image.directory);
}

async function buildImage(
  image: Image,
  programs: Programs,
  archive: string,
  progress: Progress,
): Promise<void> {
  const started = Date.now();
  const log = buildLog(`image-${nameOf(image)}`);
  rmSync(log, { force: true });
  const context = path.join(paths.buildTemporary, "image");
  rmSync(context, { recursive: true, force: true });
  await fillContext(context, image, programs, log);

  const output = path.join(paths.buildTemporary, "image.tar");
  rmSync(output, { force: true });
  await buildah(log, "build", ...targetOf(image), "--tag", image.reference, context);
  await buildah(log, "push", image.reference, `docker-archive:${output}:${image.reference}`);
  mkdirSync(paths.images, { recursive: true });
  renameSync(output, archive);
  recordBuildTime(`image ${nameOf(image)}`, started);
  progress(`${image.reference} built in ${seconds(Date.now() - started)}`);
}

async function fillContext(context: string, image: Image, programs: Programs, log: string): Promise<void> {
  cpSync(sourceOf(image), context, { recursive: true });
  for (const name of image.programs) cpSync(programs[name], path.join(context, name));
  for (const name of image.kept ?? []) {
    const [program] = image.programs;
    if (program === undefined) throw new Error(`${image.reference} keeps ${name} of no program`);
    cpSync(path.resolve(programs[program], "../..", name), path.join(context, name), { recursive: true });
  }
  if (image.busybox) cpSync(busybox(), path.join(context, "busybox"), { dereference: true });
  if (image.debian) cpSync(await debianRoot(image.debian, log), path.join(context, "debian.tar"));
}

/** Made once for all images that are built from the same one. */
async function debianRoot(debian: NonNullable<Image["debian"]>, log: string): Promise<string> {
  const archive = path.join(paths.buildTemporary, `debian-${inputHash(debian)}.tar`);
  if (!existsSync(archive)) {
    await archiveDebianRoot(debian, `${archive}.part`, log);
    renameSync(`${archive}.part`, archive);
  }
  return archive;
}

function busybox(): string {
  const file = ["/usr/bin/busybox", "/bin/busybox"].find(existsSync);
  if (!file) throw new Error("busybox is missing: install Debian's busybox-static");
  return file;
}

function targetOf(image: Image): string[] {
  return image.target ? ["--target", image.target] : [];
}

// Storage of its own, so that nothing of this is left on the machine; vfs works on any file system.
function buildah(log: string, ...command: string[]): Promise<void> {
  const storage = path.join(paths.buildTemporary, "containers");
  const place = ["--root", path.join(storage, "root"), "--runroot", path.join(storage, "run")];
  return runCommand("buildah", ["--storage-driver", "vfs", ...place, ...command], {
    log,
    env: { BUILDAH_ISOLATION: "chroot", TMPDIR: paths.buildTemporary },
  });
}
