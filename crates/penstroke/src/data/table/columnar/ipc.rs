//! Arrow IPC: streams and files, which are streams with a list of their parts behind them (Feather version 2 is one).
//!
//! A message is four bytes `ff`, the length of its head, the head and a body. Heads are walked through before they are
//! believed; the bytes of a body are taken as they arrive.

use super::guard::{damaged, guarded};
use super::{Batches, TOO_MUCH, TableOptions, limit};
use crate::data::content::Content;
use crate::data::{Dataset, Preparation};
use crate::{Error, Result};
use ::arrow_ipc::reader::StreamDecoder;
use ::arrow_ipc::{Message, MessageHeader, root_as_message_with_opts};
use arrow_buffer::Buffer;
use flatbuffers::VerifierOptions;
use std::io::Read;

/// What a file begins with, and its last bytes.
const MARK: &[u8] = b"ARROW1";
/// What a message begins with.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// Reads a table; with `learned` as another of the kind that a model was trained on.
pub(in crate::data) fn read(
    mut content: Content,
    options: &TableOptions,
    learned: Option<&Preparation>,
) -> Result<Dataset> {
    let name = content.place();
    let is_file = content.beginning().starts_with(MARK);
    if is_file {
        // Padded to eight bytes.
        content.header(8)?;
    }
    guarded(&name, || {
        let mut decoder = StreamDecoder::new();
        let mut batches: Option<Batches<'_>> = None;
        while let Some(mut message) = next(&mut content, is_file)? {
            let batch = decoder.decode(&mut message).map_err(|error| damaged(&name, &error))?;
            let n_bytes = content.n_read();
            if let (None, Some(schema)) = (&batches, decoder.schema()) {
                batches = Some(Batches::new(&name, &schema, n_bytes, options, learned)?);
            }
            if let (Some(batch), Some(batches)) = (batch, &mut batches) {
                batches.grow(n_bytes);
                batches.push(&batch, Some)?;
            }
        }
        match batches {
            Some(batches) => batches.finish(),
            None => Err(damaged(&name, &"it holds no schema")),
        }
    })
}

/// The next message, checked; none at the end.
fn next(content: &mut Content, is_file: bool) -> Result<Option<Buffer>> {
    let cut = |content: &Content| damaged(&content.place(), &"it is cut short");
    let mut start = [0; 8];
    match content.fill(&mut start)? {
        // A stream may end without saying so; behind a file there is more.
        0 if !is_file => return Ok(None),
        8 => {}
        _ => return Err(cut(content)),
    }
    let [a, b, c, d, len @ ..] = start;
    if [a, b, c, d] != CONTINUATION {
        return Err(damaged(&content.place(), &"a message does not begin where it must"));
    }
    let len = u64::from(u32::from_le_bytes(len));
    if len == 0 {
        let mut rest = Vec::new();
        content.read_to_end(&mut rest).map_err(|error| content.failure(error))?;
        return match !is_file || rest.ends_with(MARK) {
            true => Ok(None),
            false => Err(cut(content)),
        };
    }
    let mut message = start.to_vec();
    take(content, len, &mut message)?;
    let body = check(content, &message[start.len()..])?;
    let head = message.len();
    take(content, body, &mut message)?;
    check_compressed(content, &message[start.len()..head], &message[head..])?;
    Ok(Some(Buffer::from_vec(message)))
}

/// The next `len` bytes, as far as they arrive.
fn take(content: &mut Content, len: u64, to: &mut Vec<u8>) -> Result<()> {
    let read = content.by_ref().take(len).read_to_end(to).map_err(|error| content.failure(error))?;
    match read as u64 == len {
        true => Ok(()),
        false => {
            let problem = format!("it is cut short: a message of {len} bytes has {read}");
            Err(damaged(&content.place(), &problem))
        }
    }
}

fn head<'a>(content: &Content, head: &'a [u8]) -> Result<Message<'a>> {
    // No more tables than there is room for, so that they do not unfold by pointing to one another.
    let options = VerifierOptions {
        max_depth: 32,
        max_tables: head.len() / 4,
        max_apparent_size: 64 * head.len(),
        ..VerifierOptions::default()
    };
    root_as_message_with_opts(&options, head).map_err(|error| {
        let first = error.to_string();
        damaged(
            &content.place(),
            &first.lines().next().unwrap_or("the head of a message makes no sense").to_owned(),
        )
    })
}

/// The length of the body.
fn check(content: &Content, bytes: &[u8]) -> Result<u64> {
    let message = head(content, bytes)?;
    u64::try_from(message.bodyLength())
        .map_err(|_| damaged(&content.place(), &"the length of a message is negative"))
}

/// Whether compressed parts of the body unfold to no more than they may.
fn check_compressed(content: &Content, bytes: &[u8], body: &[u8]) -> Result<()> {
    let message = head(content, bytes)?;
    let batch = match message.header_type() {
        MessageHeader::RecordBatch => message.header_as_record_batch(),
        MessageHeader::DictionaryBatch => message.header_as_dictionary_batch().and_then(|batch| batch.data()),
        _ => None,
    };
    let Some(batch) = batch else { return Ok(()) };
    let is_compressed = batch.compression().is_some();
    let mut left = limit(content.n_read());
    for buffer in batch.buffers().into_iter().flatten() {
        let place = usize::try_from(buffer.offset()).ok().zip(usize::try_from(buffer.length()).ok());
        let part = place.and_then(|(from, len)| body.get(from..from.checked_add(len)?));
        let part =
            part.ok_or_else(|| damaged(&content.place(), &"a column lies beyond the end of its message"))?;
        if let Some((&len, _)) = part.split_first_chunk().filter(|_| is_compressed) {
            // -1 says that the part is not compressed after all.
            let unfolded = u64::try_from(i64::from_le_bytes(len)).unwrap_or(0);
            left = left.checked_sub(unfolded).ok_or_else(|| Error::input(content.place(), TOO_MUCH))?;
        }
    }
    Ok(())
}
