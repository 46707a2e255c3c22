//! Fetching data sets: resumed where a download broke off, checked by SHA-256, in place only when right.

use crate::{Error, Result};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use ureq::Agent;
use ureq::http::{Response, StatusCode, header};

/// The longest that a connection may take, or be silent.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often one mirror is asked for one file, while each time brings something new.
const MAX_ATTEMPTS: usize = 5;

/// A file of a data set, as it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteFile<'a> {
    /// Its name, which is added to a mirror's address.
    pub name: &'a str,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256 in lower-case hexadecimal digits.
    pub sha256: &'a str,
}

/// The four files of MNIST (LeCun, Cortes and Burges, 1998).
pub const MNIST: [RemoteFile<'static>; 4] = [
    RemoteFile {
        name: "train-images-idx3-ubyte.gz",
        bytes: 9_912_422,
        sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    },
    RemoteFile {
        name: "train-labels-idx1-ubyte.gz",
        bytes: 28_881,
        sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    },
    RemoteFile {
        name: "t10k-images-idx3-ubyte.gz",
        bytes: 1_648_877,
        sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    },
    RemoteFile {
        name: "t10k-labels-idx1-ubyte.gz",
        bytes: 4_542,
        sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    },
];

/// Public copies of MNIST's files.
pub const MNIST_MIRRORS: [&str; 2] =
    ["https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"];

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file's name.
    pub name: &'a str,
    /// Bytes that are here, those of an earlier attempt included.
    pub received: u64,
    /// Bytes of the whole file.
    pub total: u64,
}

/// Fetches the files that `folder` does not hold yet from the first of `mirrors` that gives them.
///
/// A download goes to `NAME.part` and is renamed when its SHA-256 is right; one that broke off goes on where it ended,
/// also in a later call and from another mirror. `mirrors` are addresses ending in `/`. The proxy that the environment
/// names is used for all but this machine.
///
/// # Errors
/// If no mirror gives a file, if the folder cannot be written, or if it holds another file of that name.
pub fn fetch(
    files: &[RemoteFile<'_>],
    mirrors: &[&str],
    folder: impl AsRef<Path>,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<()> {
    let folder = folder.as_ref();
    fs::create_dir_all(folder).map_err(|source| Error::io(folder, source))?;
    for file in files {
        let place = folder.join(file.name);
        if place.exists() {
            let found = sha256(&place)?;
            if found != file.sha256 {
                return Err(Error::input(
                    place.display().to_string(),
                    format!(
                        "is another file (its SHA-256 is {found}); move it away, or choose another folder"
                    ),
                ));
            }
            progress(Progress { name: file.name, received: file.bytes, total: file.bytes });
            continue;
        }
        let download = Download { file, part: folder.join(format!("{}.part", file.name)), place };
        if let Err(problems) = download.ask_all(mirrors, &mut progress)? {
            let names: Vec<&str> = files.iter().map(|file| file.name).collect();
            return Err(Error::Network {
                place: file.name.to_owned(),
                problem: format!(
                    "could not be fetched ({}); try again later, or put {} into {} by hand",
                    problems.join("; "),
                    names.join(", "),
                    folder.display()
                ),
            });
        }
    }
    Ok(())
}

/// Why an attempt failed.
enum Failure {
    /// This machine's disk: no mirror will help.
    Here(Error),
    /// The mirror, which may do better when asked again.
    Passing(String),
    /// The mirror, which will not.
    Final(String),
}

struct Download<'a> {
    file: &'a RemoteFile<'a>,
    part: PathBuf,
    place: PathBuf,
}

impl Download<'_> {
    /// The inner error holds what each mirror did last.
    fn ask_all(
        &self,
        mirrors: &[&str],
        progress: &mut impl FnMut(Progress<'_>),
    ) -> Result<Result<(), Vec<String>>> {
        let mut problems = Vec::new();
        for mirror in mirrors {
            let url = format!("{mirror}{}", self.file.name);
            let agent = agent(mirror);
            for attempt in 1..=MAX_ATTEMPTS {
                match self.ask(&agent, &url, progress) {
                    Ok(()) => return Ok(Ok(())),
                    Err(Failure::Here(error)) => return Err(error),
                    Err(Failure::Passing(_)) if attempt < MAX_ATTEMPTS => {}
                    Err(Failure::Passing(problem) | Failure::Final(problem)) => {
                        problems.push(format!("{url}: {problem}"));
                        break;
                    }
                }
            }
        }
        Ok(Err(problems))
    }

    fn ask(&self, agent: &Agent, url: &str, progress: &mut impl FnMut(Progress<'_>)) -> Result<(), Failure> {
        let mut held = fs::metadata(&self.part).map_or(0, |found| found.len());
        if held > self.file.bytes {
            self.discard()?;
            held = 0;
        }
        let is_resumed = held > 0;
        if held < self.file.bytes {
            self.receive(agent, url, held, progress)?;
        }
        let found = sha256(&self.part).map_err(Failure::Here)?;
        if found != self.file.sha256 {
            self.discard()?;
            let problem = format!("its SHA-256 is {found}, not {}", self.file.sha256);
            // Where two downloads were pieced together the first may have been the wrong one.
            return Err(if is_resumed { Failure::Passing(problem) } else { Failure::Final(problem) });
        }
        fs::rename(&self.part, &self.place).map_err(|source| self.here(source))
    }

    /// Appends the bytes from `held` on to the part; says that this is passing if it brought any but not all.
    fn receive(
        &self,
        agent: &Agent,
        url: &str,
        mut held: u64,
        progress: &mut impl FnMut(Progress<'_>),
    ) -> Result<(), Failure> {
        let mut request = agent.get(url);
        if held > 0 {
            request = request.header(header::RANGE, format!("bytes={held}-"));
        }
        let response = request.call().map_err(|error| Failure::Final(error.to_string()))?;
        match response.status() {
            // The whole file, to one who may have asked for a part.
            StatusCode::OK => held = 0,
            StatusCode::PARTIAL_CONTENT if range_start(&response) == Some(held) => {}
            status @ (StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE) if held > 0 => {
                self.discard()?;
                return Err(Failure::Passing(format!("cannot go on where the download ended ({status})")));
            }
            status => return Err(Failure::Final(format!("answers {status}"))),
        }
        let (n_wanted, start) = (self.file.bytes - held, held);
        let body = response.into_body();
        if let Some(n_offered) = body.content_length()
            && n_offered != n_wanted
        {
            return Err(Failure::Final(format!("offers {n_offered} bytes where {n_wanted} are needed")));
        }
        let mut options = OpenOptions::new();
        let options = if held > 0 { options.append(true) } else { options.write(true).truncate(true) };
        let mut out = options.create(true).open(&self.part).map_err(|source| self.here(source))?;
        // One byte more than is wanted shows a body that is too long, and no more of it is read.
        let mut body = body.into_reader().take(n_wanted + 1);
        let mut buffer = vec![0; 1 << 16];
        let end = loop {
            progress(Progress {
                name: self.file.name,
                received: held.min(self.file.bytes),
                total: self.file.bytes,
            });
            match body.read(&mut buffer) {
                Ok(0) => break None,
                Ok(n) => {
                    out.write_all(&buffer[..n]).map_err(|source| self.here(source))?;
                    held += n as u64;
                }
                Err(source) if source.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => break Some(source.to_string()),
            }
        };
        out.sync_all().map_err(|source| self.here(source))?;
        if held > self.file.bytes {
            self.discard()?;
            return Err(Failure::Final(format!("sends more than {} bytes", self.file.bytes)));
        }
        if held == self.file.bytes {
            return Ok(());
        }
        let reason = end.map_or(String::new(), |end| format!(" ({end})"));
        let problem = format!("the connection ended after {held} of {} bytes{reason}", self.file.bytes);
        Err(if held > start { Failure::Passing(problem) } else { Failure::Final(problem) })
    }

    fn discard(&self) -> Result<(), Failure> {
        fs::remove_file(&self.part).map_err(|source| self.here(source))
    }

    fn here(&self, source: io::Error) -> Failure {
        Failure::Here(Error::io(&self.part, source))
    }
}

fn agent(mirror: &str) -> Agent {
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        // The files are compressed; their bytes are wanted as they are.
        .accept_encoding("identity")
        .user_agent(concat!("penstroke/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(PATIENCE))
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .timeout_per_read(Some(PATIENCE));
    // A proxy cannot reach this machine under the names that it has for itself.
    let host = mirror.split_once("://").map_or(mirror, |(_, rest)| rest);
    if ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| host.starts_with(name)) {
        config = config.proxy(None);
    }
    config.build().into()
}

/// Where the bytes of an answer begin, by its header `Content-Range: bytes 100-199/200`.
fn range_start<T>(response: &Response<T>) -> Option<u64> {
    let range = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split_once('-')?.0.parse().ok()
}

/// The SHA-256 of a file in lower-case hexadecimal digits.
fn sha256(path: &Path) -> Result<String> {
    let digest = || -> io::Result<_> {
        let mut hasher = Sha256::new();
        let mut file = File::open(path)?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(hasher.finalize()),
                n => hasher.update(&buffer[..n]),
            }
        }
    };
    let digest = digest().map_err(|source| Error::io(path, source))?;
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests;
