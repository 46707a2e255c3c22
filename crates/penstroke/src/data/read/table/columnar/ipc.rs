//! Arrow IPC: streams and files (Feather version 2 is one).
//!
//! A message is four bytes `ff`, the length of its header, the header and a body. A stream is a sequence of messages,
//! the first of which is the schema; a file has a footer with the positions of its messages. Headers are verified
//! before use; the bytes of a body are read as they arrive.

use super::guard::{damaged, guarded};
use super::limit::{TOO_MUCH, limit};
use super::schema::Fields;
use super::sink::Sink;
use crate::data::read::content::Content;
use crate::data::read::table::file::TableFile;
use crate::{Error, Result};
use ::arrow_ipc::convert::try_fb_to_schema;
use ::arrow_ipc::reader::{FileDecoder, StreamDecoder};
use ::arrow_ipc::{Block, MessageHeader, root_as_footer_with_opts, root_as_message_with_opts};
use arrow_buffer::Buffer;
use arrow_schema::Schema;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flatbuffers::{InvalidFlatbuffer, VerifierOptions};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

/// The first and the last bytes of a file.
const MARK: &[u8] = b"ARROW1";
/// The first bytes of a message.
const CONTINUATION: [u8; 4] = [0xff; 4];
/// The length of what precedes a message's header.
const START: usize = 8;
/// The length of what follows a file's footer: its length and the mark.
const TAIL: u64 = 10;

/// Adds the rows of a stream to a table.
pub(in crate::data) fn add_stream(mut content: Content, file: &TableFile, sink: &mut dyn Sink) -> Result<()> {
    let name = content.place();
    guarded(&name, || {
        let mut decoder = StreamDecoder::new();
        let mut begun = false;
        while let Some(mut message) = next(&mut content)? {
            let batch = decoder.decode(&mut message).map_err(|error| damaged(&name, &error))?;
            let n_bytes = content.n_read();
            if let (false, Some(schema)) = (begun, decoder.schema()) {
                sink.begin(file, n_bytes, Fields::new(&schema, None, pandas(&schema)))?;
                sink.describe(&schema, &[]);
                begun = true;
            }
            if let (Some(batch), true) = (batch, begun) {
                sink.grow(n_bytes);
                sink.push(&batch, &Some)?;
            }
        }
        if begun { Ok(()) } else { Err(damaged(&name, &"it holds no schema")) }
    })
}

/// Reads and checks the next message of a stream; `None` at the end, which need not be marked.
fn next(content: &mut Content) -> Result<Option<Buffer>> {
    let name = content.place();
    let mut start = [0; START];
    match content.fill(&mut start)? {
        0 => return Ok(None),
        START => {}
        _ => return Err(damaged(&name, &"it is cut short")),
    }
    let [a, b, c, d, len @ ..] = start;
    if [a, b, c, d] != CONTINUATION {
        return Err(damaged(&name, &"a message does not begin where it must"));
    }
    let len = u32::from_le_bytes(len).into();
    if len == 0 {
        return Ok(None);
    }
    let mut take = |len: u64, to: &mut Vec<u8>| {
        let read = content.by_ref().take(len).read_to_end(to).map_err(|error| content.failure(error))?;
        if (read as u64) < len {
            let problem = format!("it is cut short: a message of {len} bytes has {read}");
            return Err(damaged(&name, &problem));
        }
        Ok(())
    };
    let mut message = start.to_vec();
    take(len, &mut message)?;
    let head = message.len();
    let body = message_body(&name, &message[START..])?;
    take(body, &mut message)?;
    check(&name, &message[START..head], &message[head..], content.n_read())?;
    Ok(Some(Buffer::from_vec(message)))
}

/// Adds the rows of a file to a table.
pub(in crate::data) fn add_file(of_table: &TableFile, sink: &mut dyn Sink) -> Result<()> {
    let path = &of_table.path;
    let name = path.display().to_string();
    let failed = |error| Error::io(path, error);
    let cut = || damaged(&name, &"it is cut short");
    let mut file = File::open(path).map_err(failed)?;
    let file_len = file.seek(SeekFrom::End(0)).map_err(failed)?;
    let mut part = |from: u64, len: u64| -> Result<Vec<u8>> {
        if from.checked_add(len).is_none_or(|end| end > file_len) {
            return Err(damaged(&name, &"a message extends beyond the end of the file"));
        }
        file.seek(SeekFrom::Start(from)).map_err(failed)?;
        let mut bytes = Vec::new();
        (&file).take(len).read_to_end(&mut bytes).map_err(failed)?;
        Ok(bytes)
    };
    let footer = footer(file_len, cut, &mut part)?;
    guarded(&name, || {
        let wrong = |error: InvalidFlatbuffer| damaged(&name, &head_problem(&error));
        let footer = root_as_footer_with_opts(&bounds(footer.len()), &footer).map_err(wrong)?;
        let schema = footer.schema().ok_or_else(|| damaged(&name, &"it holds no schema"))?;
        let schema = Arc::new(try_fb_to_schema(schema).map_err(|error| damaged(&name, &error))?);
        sink.begin(of_table, file_len, Fields::new(&schema, None, pandas(&schema)))?;
        sink.describe(&schema, &[]);
        let mut decoder = FileDecoder::new(schema, footer.version());
        let mut message = |block: &Block| -> Result<Buffer> {
            let sizes =
                [block.offset(), block.metaDataLength().into(), block.bodyLength()].map(u64::try_from);
            let [Ok(from), Ok(head), Ok(body)] = sizes else {
                return Err(damaged(&name, &"the length of a message is negative"));
            };
            let bytes = part(from, head.checked_add(body).ok_or_else(cut)?)?;
            let (head, body) = bytes.split_at_checked(head as usize).ok_or_else(cut)?;
            let head = head.strip_prefix(&CONTINUATION).and_then(|head| head.get(4..));
            let head = head.ok_or_else(|| damaged(&name, &"a message does not begin where it must"))?;
            check(&name, head, body, file_len)?;
            Ok(Buffer::from_vec(bytes))
        };
        for block in footer.dictionaries().into_iter().flatten() {
            let bytes = message(block)?;
            decoder.read_dictionary(block, &bytes).map_err(|error| damaged(&name, &error))?;
        }
        for block in footer.recordBatches().into_iter().flatten() {
            let bytes = message(block)?;
            if let Some(batch) =
                decoder.read_record_batch(block, &bytes).map_err(|error| damaged(&name, &error))?
            {
                sink.push(&batch, &Some)?;
            }
        }
        Ok(())
    })
}

/// The footer of a file; `part` reads bytes from an offset on.
fn footer(
    file_len: u64,
    cut: impl Fn() -> Error,
    part: &mut dyn FnMut(u64, u64) -> Result<Vec<u8>>,
) -> Result<Vec<u8>> {
    let tail = part(file_len.checked_sub(TAIL).ok_or_else(&cut)?, TAIL)?;
    let len = tail.strip_suffix(MARK).and_then(|len| len.try_into().ok()).map(u32::from_le_bytes);
    let len = u64::from(len.ok_or_else(&cut)?);
    part((file_len - TAIL).checked_sub(len).ok_or_else(&cut)?, len)
}

/// Allows no more tables than fit in `len` bytes, so that tables that point to one another cannot unpack to more.
fn bounds(len: usize) -> VerifierOptions {
    VerifierOptions {
        max_depth: 32,
        max_tables: len / 4,
        max_apparent_size: 64 * len,
        ..VerifierOptions::default()
    }
}

fn head_problem(error: &InvalidFlatbuffer) -> String {
    error.to_string().lines().next().unwrap_or("the head of a message is malformed").to_owned()
}

/// The length of the body that belongs to this message header.
fn message_body(name: &str, head: &[u8]) -> Result<u64> {
    let message = root_as_message_with_opts(&bounds(head.len()), head)
        .map_err(|error| damaged(name, &head_problem(&error)))?;
    u64::try_from(message.bodyLength()).map_err(|_| damaged(name, &"the length of a message is negative"))
}

/// Checks that all parts of the body are present and that compressed ones unpack within the limit, for `n_bytes` in
/// all.
fn check(name: &str, head: &[u8], body: &[u8], n_bytes: u64) -> Result<()> {
    let message = root_as_message_with_opts(&bounds(head.len()), head)
        .map_err(|error| damaged(name, &head_problem(&error)))?;
    let batch = match message.header_type() {
        MessageHeader::RecordBatch => message.header_as_record_batch(),
        MessageHeader::DictionaryBatch => message.header_as_dictionary_batch().and_then(|batch| batch.data()),
        _ => None,
    };
    let Some(batch) = batch else { return Ok(()) };
    let is_compressed = batch.compression().is_some();
    let mut left = limit(n_bytes);
    for buffer in batch.buffers().into_iter().flatten() {
        let place = usize::try_from(buffer.offset()).ok().zip(usize::try_from(buffer.length()).ok());
        let part = place.and_then(|(from, len)| body.get(from..from.checked_add(len)?));
        let part = part.ok_or_else(|| damaged(name, &"a column extends beyond the end of its message"))?;
        if let Some((&len, _)) = part.split_first_chunk().filter(|_| is_compressed) {
            // −1 marks a part that is not compressed after all.
            let unpacked = u64::try_from(i64::from_le_bytes(len)).unwrap_or(0);
            left = left.checked_sub(unpacked).ok_or_else(|| Error::input(name, TOO_MUCH))?;
        }
    }
    Ok(())
}

/// The schema that Arrow's writers leave in the metadata of a Parquet file: a message in base64.
pub(super) fn declared_schema(metadata: &str) -> Option<Schema> {
    let bytes = BASE64_STANDARD.decode(metadata).ok()?;
    let head = bytes.strip_prefix(&CONTINUATION).and_then(|bytes| bytes.get(4..)).unwrap_or(&bytes);
    let message = root_as_message_with_opts(&bounds(head.len()), head).ok()?;
    try_fb_to_schema(message.header_as_schema()?).ok()
}

/// The metadata that pandas wrote into the schema.
fn pandas(schema: &Schema) -> Option<&str> {
    schema.metadata().get("pandas").map(String::as_str)
}
