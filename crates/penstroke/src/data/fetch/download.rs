//! Downloads one file: tries every mirror, resumes broken downloads, checks the result, renames it.

use super::file::{Progress, RemoteFile};
use super::pace::Pace;
use crate::{Error, Result};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body};

/// Timeout for connecting, and for a silent connection.
const PATIENCE: Duration = Duration::from_secs(30);

/// Attempts at one file on one mirror, as long as each brings new bytes.
pub(super) const MAX_ATTEMPTS: usize = 5;

/// Why an attempt failed.
enum Failure {
    /// A problem on this machine, such as a full disk; no mirror can help.
    Here(Error),
    /// The mirror may succeed on another attempt.
    Passing(String),
    /// The mirror will not succeed.
    Final(String),
}

pub(super) struct Download<'a> {
    pub(super) file: &'a RemoteFile<'a>,
    /// Time since any fixed moment.
    pub(super) clock: &'a dyn Fn() -> Duration,
    pub(super) part: PathBuf,
    pub(super) place: PathBuf,
}

impl Download<'_> {
    /// The inner error lists the last failure of each mirror.
    pub(super) fn ask_all(
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
            // If two downloads were pieced together, the first may have been the wrong one.
            return Err(if is_resumed { Failure::Passing(problem) } else { Failure::Final(problem) });
        }
        fs::rename(&self.part, &self.place).map_err(|source| self.here(source))
    }

    /// Appends the bytes from `held` on to the part file. A failure passes if some bytes arrived, but not all.
    fn receive(
        &self,
        agent: &Agent,
        url: &str,
        mut held: u64,
        progress: &mut impl FnMut(Progress<'_>),
    ) -> Result<(), Failure> {
        let body = self.request(agent, url, &mut held)?;
        let (n_wanted, start) = (self.file.bytes - held, held);
        if let Some(n_offered) = body.content_length()
            && n_offered != n_wanted
        {
            return Err(Failure::Final(format!("offers {n_offered} bytes where {n_wanted} are needed")));
        }
        let mut options = OpenOptions::new();
        let options = if held > 0 { options.append(true) } else { options.write(true).truncate(true) };
        let mut out = options.create(true).open(&self.part).map_err(|source| self.here(source))?;
        // One byte more than needed reveals a body that is too long without reading all of it.
        let mut body = body.into_reader().take(n_wanted + 1);
        let mut buffer = vec![0; 1 << 16];
        let mut pace = Pace::new((self.clock)());
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
                    if let Some(problem) = pace.too_slow((self.clock)(), n as u64) {
                        break Some(problem);
                    }
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
        // A slow mirror stays slow, and the next continues where it stopped.
        Err(if held > start && !pace.gave_up() { Failure::Passing(problem) } else { Failure::Final(problem) })
    }

    /// Requests the bytes from `held` on. Sets `held` to 0 if the server sends the whole file.
    fn request(&self, agent: &Agent, url: &str, held: &mut u64) -> Result<Body, Failure> {
        let mut request = agent.get(url);
        if *held > 0 {
            request = request.header(header::RANGE, format!("bytes={held}-"));
        }
        let response = request.call().map_err(|error| Failure::Final(error.to_string()))?;
        match response.status() {
            StatusCode::OK => *held = 0,
            StatusCode::PARTIAL_CONTENT if range_start(&response) == Some(*held) => {}
            status @ (StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE) if *held > 0 => {
                self.discard()?;
                return Err(Failure::Passing(format!("cannot resume where the download stopped ({status})")));
            }
            status => return Err(Failure::Final(format!("answers {status}"))),
        }
        Ok(response.into_body())
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
        // The files are compressed already; request their bytes unchanged.
        .accept_encoding("identity")
        .user_agent(concat!("penstroke/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(PATIENCE))
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .timeout_per_read(Some(PATIENCE));
    // A proxy cannot reach this machine by its loopback names.
    let host = mirror.split_once("://").map_or(mirror, |(_, rest)| rest);
    if ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| host.starts_with(name)) {
        config = config.proxy(None);
    }
    config.build().into()
}

/// The offset of the first byte of a response, from its header `Content-Range: bytes 100-199/200`.
fn range_start<T>(response: &Response<T>) -> Option<u64> {
    let range = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split_once('-')?.0.parse().ok()
}

/// The SHA-256 of a file in lowercase hexadecimal.
pub(super) fn sha256(path: &Path) -> Result<String> {
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
