//! Downloads from a local server that fails in every way a mirror can.

use super::download::MAX_ATTEMPTS;
use super::*;
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The server's response to one request.
#[derive(Clone, Copy)]
enum Answer {
    /// Sends the requested range, or the whole file if the request has no range.
    Ranged,
    /// Sends the whole file, ignoring the range.
    Whole,
    /// Announces what was requested, then hangs up after this many bytes.
    Cut(usize),
    /// Announces what was requested, sends this many bytes, and then nothing until the client hangs up.
    Trickle(usize),
    /// Sends as many bytes as the file has, but the wrong ones.
    Wrong,
    /// Sends a different range from the one requested.
    WrongRange,
    /// Sends too many bytes, and no length.
    TooLong,
    /// Sends a web page instead of the file.
    Page,
    Status(&'static str),
}

/// A local mirror that gives its answers in order and then closes.
struct Server {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(content: &[u8], answers: &[Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/mirror/", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (content, answers, log) = (content.to_vec(), answers.to_vec(), requests.clone());
        thread::spawn(move || {
            for answer in answers {
                let (stream, _) = listener.accept().unwrap();
                serve(stream, &content, answer, &log);
            }
        });
        Self { url, requests }
    }

    /// The path and range of each request.
    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, content: &[u8], answer: Answer, log: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut path, mut start) = (String::new(), None);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(rest) = line.strip_prefix("get ") {
            path = rest.split(' ').next().unwrap().to_owned();
        }
        if let Some(range) = line.strip_prefix("range: bytes=") {
            start = Some(range.trim_end_matches('-').parse::<usize>().unwrap());
        }
    }
    let range = start.map_or(String::new(), |start| format!(" from {start}"));
    log.lock().unwrap().push(format!("{path}{range}"));
    let n = content.len();
    let whole = format!("200 OK\r\nContent-Length: {n}\r\n");
    let (head, body) = match (answer, start) {
        (Answer::Ranged | Answer::Cut(_) | Answer::Trickle(_), Some(start)) => {
            let rest = &content[start..];
            let end = n - 1;
            let head = format!(
                "206 Partial Content\r\nContent-Range: bytes {start}-{end}/{n}\r\nContent-Length: {}\r\n",
                rest.len()
            );
            (head, rest.to_vec())
        }
        (Answer::Ranged | Answer::Cut(_) | Answer::Trickle(_) | Answer::Whole, _) => {
            (whole, content.to_vec())
        }
        (Answer::Wrong, _) => (whole, vec![b'?'; n]),
        (Answer::WrongRange, _) => {
            let head = format!("206 Partial Content\r\nContent-Range: bytes 0-{}/{n}\r\n", n - 1);
            (head, content.to_vec())
        }
        (Answer::TooLong, _) => ("200 OK\r\n".to_owned(), [content, content].concat()),
        (Answer::Page, _) => ("200 OK\r\nContent-Length: 5\r\n".to_owned(), b"login".to_vec()),
        (Answer::Status(status), _) => (format!("{status}\r\nContent-Length: 0\r\n"), Vec::new()),
    };
    let body = match answer {
        Answer::Cut(n) | Answer::Trickle(n) => &body[..n],
        _ => &body,
    };
    // The client may hang up once it has heard enough.
    let _ = stream.write_all(format!("HTTP/1.1 {head}Connection: close\r\n\r\n").as_bytes());
    let _ = stream.write_all(body);
    if let Answer::Trickle(_) = answer {
        let _ = std::io::Read::read(&mut stream, &mut [0]);
    }
}

/// A mirror that does not answer: port 1 belongs to a service that no machine runs any more. (A port that was just free
/// may have been taken by another test.)
const CLOSED: &str = "http://127.0.0.1:1/";

fn content() -> Vec<u8> {
    (0..200_000u32).map(|i| (i % 1009 * (i % 1013) % 251) as u8).collect()
}

fn hex(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Fetches the file `data` and returns what the folder then holds under that name.
fn get(mirrors: &[&str], folder: &Path) -> Result<Vec<u8>> {
    let content = content();
    let sha256 = hex(&content);
    let file = RemoteFile { name: "data", bytes: content.len() as u64, sha256: &sha256 };
    fetch(&[file], mirrors, folder, |_| {})?;
    assert!(!folder.join("data.part").exists());
    Ok(fs::read(folder.join("data")).unwrap())
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn files_are_fetched_into_a_new_folder_once() {
    let folder = folder();
    let inner = folder.path().join("a/b");
    let server = Server::new(&content(), &[Answer::Ranged]);
    for _ in 0..2 {
        assert_eq!(get(&[&server.url], &inner).unwrap(), content());
    }
    assert_eq!(server.requests(), ["/mirror/data"]);
}

#[test]
fn progress_ends_at_the_total_and_counts_earlier_bytes() {
    let folder = folder();
    fs::write(folder.path().join("data.part"), &content()[..50_000]).unwrap();
    let server = Server::new(&content(), &[Answer::Ranged]);
    let sha256 = hex(&content());
    let file = RemoteFile { name: "data", bytes: 200_000, sha256: &sha256 };
    let mut seen = Vec::new();
    fetch(&[file], &[&server.url], &folder, |progress| {
        assert_eq!((progress.name, progress.total), ("data", 200_000));
        seen.push(progress.received);
    })
    .unwrap();
    assert!(seen.is_sorted() && seen[0] == 50_000 && seen.last() == Some(&200_000), "{seen:?}");
}

#[test]
fn a_broken_download_resumes_where_it_stopped() {
    let folder = folder();
    let server = Server::new(&content(), &[Answer::Cut(70_000), Answer::Cut(30_000), Answer::Ranged]);
    assert_eq!(get(&[&server.url], folder.path()).unwrap(), content());
    assert_eq!(server.requests(), ["/mirror/data", "/mirror/data from 70000", "/mirror/data from 100000"]);
}

#[test]
fn a_download_resumes_in_a_later_call_and_from_another_mirror() {
    let folder = folder();
    let broken = Server::new(&content(), &[Answer::Cut(70_000), Answer::Cut(0)]);
    let message = get(&[&broken.url], folder.path()).unwrap_err().to_string();
    assert!(message.contains("the connection ended after 70000 of 200000 bytes"), "{message}");
    assert!(!folder.path().join("data").exists());
    let other = Server::new(&content(), &[Answer::Ranged]);
    assert_eq!(get(&[CLOSED, &other.url], folder.path()).unwrap(), content());
    assert_eq!(other.requests(), ["/mirror/data from 70000"]);
}

#[test]
fn without_ranges_the_whole_file_is_sent_again() {
    let folder = folder();
    fs::write(folder.path().join("data.part"), [9; 70_000]).unwrap();
    let server = Server::new(&content(), &[Answer::Whole]);
    assert_eq!(get(&[&server.url], folder.path()).unwrap(), content());
}

#[test]
fn a_part_file_that_cannot_be_resumed_is_downloaded_again() {
    let first = [Answer::WrongRange, Answer::Status("416 Range Not Satisfiable"), Answer::Ranged];
    for first in first {
        let folder = folder();
        // The last of these is continued, and turns out wrong once it is complete.
        fs::write(folder.path().join("data.part"), [9; 70_000]).unwrap();
        let server = Server::new(&content(), &[first, Answer::Ranged]);
        assert_eq!(get(&[&server.url], folder.path()).unwrap(), content());
        assert_eq!(server.requests(), ["/mirror/data from 70000", "/mirror/data"]);
    }
    let folder = folder();
    fs::write(folder.path().join("data.part"), [9; 200_001]).unwrap();
    let server = Server::new(&content(), &[Answer::Ranged]);
    assert_eq!(get(&[&server.url], folder.path()).unwrap(), content());
}

#[test]
fn a_complete_part_file_needs_no_download() {
    let folder = folder();
    fs::write(folder.path().join("data.part"), content()).unwrap();
    assert_eq!(get(&[CLOSED], folder.path()).unwrap(), content());
}

#[test]
fn a_mirror_that_trickles_is_given_up_and_the_next_goes_on() {
    let folder = folder();
    let (slow, good) =
        (Server::new(&content(), &[Answer::Trickle(600)]), Server::new(&content(), &[Answer::Ranged]));
    let hash = hex(&content());
    let file = RemoteFile { name: "data", bytes: 200_000, sha256: &hash };
    // Every look at the clock is an hour later.
    let hours = std::cell::Cell::new(0);
    let clock = || {
        hours.set(hours.get() + 1);
        Duration::from_secs(3600 * hours.get())
    };
    let error = fetch_timed(&[file], &[&slow.url], folder.path(), |_| {}, &clock).unwrap_err().to_string();
    let words = "the connection ended after 600 of 200000 bytes (given up: it sends 0 bytes a second, and at least 1000 are needed)";
    assert!(error.contains(words), "{error}");
    assert_eq!(slow.requests(), ["/mirror/data"]);
    assert_eq!(get(&[&good.url], folder.path()).unwrap(), content());
    assert_eq!(good.requests(), ["/mirror/data from 600"]);
}

#[test]
fn two_downloads_into_one_folder_do_not_mix() {
    let folder = folder();
    let lock = crate::files::FolderLock::take(folder.path(), "downloads").unwrap();
    let error = get(&[CLOSED], folder.path()).unwrap_err().to_string();
    assert!(error.contains("is in use: another penstroke writes its downloads there; wait"), "{error}");
    drop(lock);
    let server = Server::new(&content(), &[Answer::Ranged]);
    assert_eq!(get(&[&server.url], folder.path()).unwrap(), content());
}

#[test]
fn after_a_failing_mirror_comes_the_next() {
    for answer in [Answer::Status("404 Not Found"), Answer::Wrong, Answer::TooLong, Answer::Page] {
        let folder = folder();
        let (bad, good) = (Server::new(&content(), &[answer]), Server::new(&content(), &[Answer::Ranged]));
        assert_eq!(get(&[CLOSED, &bad.url, &good.url], folder.path()).unwrap(), content());
        assert_eq!((bad.requests().len(), good.requests()), (1, vec!["/mirror/data".to_owned()]));
    }
}

#[test]
fn attempts_on_one_mirror_are_limited() {
    let server = Server::new(&content(), &[Answer::Cut(1); 2 * MAX_ATTEMPTS]);
    assert!(get(&[&server.url], folder().path()).is_err());
    assert_eq!(server.requests().len(), MAX_ATTEMPTS);
}

#[test]
fn without_a_network_the_message_names_mirrors_files_and_folder() {
    let folder = folder();
    let mirrors = ["http://127.0.0.1:1/first/", "http://127.0.0.1:1/second/"];
    let error = fetch(&MNIST, &mirrors, &folder, |_| {}).unwrap_err();
    assert!(matches!(error, Error::Network { .. }) && !error.is_wrong_input());
    let message = error.to_string();
    assert!(message.starts_with("train-images-idx3-ubyte.gz: could not be fetched (http://"), "{message}");
    assert!(!message.contains('\n'));
    for part in [mirrors[0], mirrors[1], &folder.path().display().to_string()] {
        assert!(message.contains(part), "{message}");
    }
    assert!(MNIST.iter().all(|file| message.contains(file.name)), "{message}");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn errors_list_what_each_mirror_did() {
    let message = |answers: &[Answer]| {
        let server = Server::new(&content(), answers);
        get(&[&server.url], folder().path()).unwrap_err().to_string()
    };
    assert!(message(&[Answer::Status("404 Not Found")]).contains("/mirror/data: answers 404 Not Found"));
    assert!(message(&[Answer::Page]).contains("offers 5 bytes where 200000 are needed"));
    assert!(message(&[Answer::TooLong]).contains("sends more than 200000 bytes"));
    assert!(message(&[Answer::Wrong]).contains(&format!("not {}", hex(&content()))));
    let mut answers = [Answer::Cut(1); MAX_ATTEMPTS];
    answers[MAX_ATTEMPTS - 1] = Answer::WrongRange;
    let ended = message(&answers);
    assert!(
        ended.contains("data: cannot resume where the download stopped (206 Partial Content)); try again"),
        "{ended}"
    );
}

#[test]
fn a_different_file_is_not_overwritten() {
    let folder = folder();
    fs::write(folder.path().join("data"), "mine").unwrap();
    let error = get(&[CLOSED], folder.path()).unwrap_err();
    assert!(error.is_wrong_input());
    assert!(error.to_string().contains("is a different file (its SHA-256 is "), "{error}");
    assert_eq!(fs::read(folder.path().join("data")).unwrap(), b"mine");
}
