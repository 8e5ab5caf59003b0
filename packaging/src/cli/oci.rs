//! `muster-packaging oci`: the image of the collector for containers.

use std::fs;
use std::path::{Path, PathBuf};

use shared::keys::sha256_hex;

use super::print;
use crate::exit::{Exit, Failure};
use crate::oci::{Entry, Image, Layout, archive, elf, layout, root};
use crate::program::{answer, last_words, program};

/// Write the image of the collector for containers.
///
/// The image is from scratch and holds the program, authorities, and no shell.
/// The program is to be linked statically (RUSTFLAGS='-C
/// target-feature=+crt-static' with `--target`), or its libraries are taken
/// from this computer. Every time in the image is `SOURCE_DATE_EPOCH`, or else
/// 1970, so two runs give the same bytes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The collector's program for Linux.
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,
    /// Authorities that the collector trusts, PEM.
    #[arg(long, value_name = "FILE", default_value = "/etc/ssl/certs/ca-certificates.crt")]
    authorities: PathBuf,
    /// Take the libraries of a dynamically linked program from this computer,
    /// as `ldd` names them.
    #[arg(long)]
    with_libraries: bool,
    /// A folder for the layout, or a file whose name ends in .tar.
    #[arg(long, value_name = "DIR|FILE.tar")]
    out: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let shown = args.binary.display();
    let binary = read(&args.binary)?;
    let Some(executable) = elf::read(&binary) else {
        let message = format!(
            "{shown}: this is no program for Linux on a 64-bit Intel or ARM processor; give the `muster-server` that was built for one"
        );
        return Err(Failure::new(Exit::BadInput, message));
    };
    let libraries = match (executable.needs_libraries, args.with_libraries) {
        (true, false) => {
            let message = format!(
                "{shown}: it is linked dynamically, and the image has no libraries; link it statically, or give --with-libraries"
            );
            return Err(Failure::new(Exit::BadInput, message));
        }
        (true, true) => libraries(&args.binary)?,
        (false, _) => Vec::new(),
    };
    let authorities = read(&args.authorities)?;
    if !authorities.windows(27).any(|part| part == b"-----BEGIN CERTIFICATE-----") {
        let message = format!(
            "{}: it holds no certificate; give a PEM file such as that of ca-certificates",
            args.authorities.display()
        );
        return Err(Failure::new(Exit::BadInput, message));
    }
    let image = Image {
        entries: root(binary, authorities, libraries),
        architecture: executable.architecture,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        time: time()?,
    };
    let written = |error: std::io::Error| {
        Failure::new(Exit::CannotCreate, format!("{}: {error}", args.out.display()))
    };
    let layout = layout(&image).map_err(written)?;
    write(&args.out, &layout, image.time).map_err(written)?;
    print(&told(&args.out, &image, &layout))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| {
        let message = format!("{}: cannot be read: {error}; check the path", path.display());
        Failure::new(Exit::Io, message)
    })
}

/// The time that everything in the image says.
fn time() -> Result<u64, Failure> {
    let Some(text) = std::env::var_os("SOURCE_DATE_EPOCH") else { return Ok(0) };
    text.to_str().and_then(|text| text.parse().ok()).ok_or_else(|| {
        let message = "SOURCE_DATE_EPOCH must be a number, the seconds since 1970";
        Failure::new(Exit::Usage, message)
    })
}

/// Loader and libraries, at the paths where the program looks for them.
fn libraries(binary: &Path) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let output = answer(program("ldd").arg(binary), "install Debian's package libc-bin")?;
    if !output.status.success() {
        let message = format!("{}: ldd: {}", binary.display(), last_words(&output));
        return Err(Failure::new(Exit::BadInput, message));
    }
    let paths = paths(&String::from_utf8_lossy(&output.stdout)).map_err(|name| {
        let message = format!(
            "{}: its library {name} is not on this computer; install it, or link statically",
            binary.display()
        );
        Failure::new(Exit::BadInput, message)
    })?;
    paths.into_iter().map(|path| read(Path::new(&path)).map(|bytes| (path, bytes))).collect()
}

/// The files that an answer of `ldd` names; an error names what it misses.
fn paths(answer: &str) -> Result<Vec<String>, String> {
    let mut paths = Vec::new();
    for line in answer.lines().map(str::trim) {
        let (name, rest) = line.split_once(" => ").unwrap_or(("", line));
        if rest.starts_with("not found") {
            return Err(name.to_owned());
        }
        let path = rest.split(" (").next().unwrap_or_default();
        // The kernel's own has no file.
        if path.starts_with('/') {
            paths.push(path.to_owned());
        }
    }
    paths.sort();
    Ok(paths)
}

fn write(out: &Path, layout: &Layout, time: u64) -> std::io::Result<()> {
    if out.extension().is_some_and(|end| end == "tar") {
        let files = layout.iter().map(|(path, content)| Entry {
            path: path.clone(),
            mode: 0o644,
            owner: 0,
            content: Some(content.clone()),
        });
        return fs::write(out, archive(&files.collect::<Vec<_>>(), time)?);
    }
    for (path, content) in layout {
        let path = out.join(path);
        fs::create_dir_all(path.parent().unwrap_or(out))?;
        fs::write(path, content)?;
    }
    Ok(())
}

fn told(out: &Path, image: &Image, layout: &Layout) -> String {
    let bytes: usize = layout.values().map(Vec::len).sum();
    let index = layout.get("index.json").map(|index| sha256_hex(index)).unwrap_or_default();
    let head = format!(
        "{}: linux/{}, version {}, {bytes} bytes, index sha256:{index}\n",
        out.display(),
        image.architecture,
        image.version,
    );
    let line = |entry: &Entry| {
        let Entry { path, mode, owner, content } = entry;
        let (kind, size) = content.as_ref().map_or(('d', 0), |content| ('-', content.len()));
        format!("{kind} {mode:04o} {owner:>5} {size:>10} /{path}\n")
    };
    head + &image.entries.iter().map(line).collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::paths;

    #[test]
    fn what_ldd_says_is_read() {
        let answer = "\tlinux-vdso.so.1 (0x00007ffd)\n\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f)\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n";
        assert_eq!(
            paths(answer).unwrap(),
            ["/lib/x86_64-linux-gnu/libm.so.6", "/lib64/ld-linux-x86-64.so.2"]
        );
        assert_eq!(paths("\tlibx.so => not found\n").unwrap_err(), "libx.so");
        assert_eq!(paths("\tstatically linked\n").unwrap(), Vec::<String>::new());
    }
}
