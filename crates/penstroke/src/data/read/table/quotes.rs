//! Where fields and lines of a text table end, by its delimiter and its quotes.

/// Follows the bytes of a table.
pub(in crate::data) struct Quoting {
    pub(super) delimiter: u8,
    pub(super) field: Field,
    /// The current line, from 1.
    pub(super) line: u64,
    pub(super) last: u8,
    /// The lines of an opening quote and of the text that follows its closing quote.
    pub(super) behind_quote: Option<(u64, u64)>,
}

/// What a byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::data) enum Seen {
    /// Part of a field.
    Inside,
    /// A delimiter between fields.
    Delimiter,
    /// A byte of the end of a line outside quotes.
    End,
}

/// The position of a byte within a field.
#[derive(Clone, Copy)]
pub(super) enum Field {
    Start,
    Plain,
    /// Inside quotes; the opening quote is in this line.
    Quoted(u64),
    /// After a quote that closes the field or is the first of a doubled quote.
    Quote(u64),
    /// After blanks that follow a closing quote.
    Closed(u64),
}

impl Quoting {
    pub(in crate::data) fn new(delimiter: u8) -> Self {
        Self { delimiter, field: Field::Start, line: 1, last: b'\n', behind_quote: None }
    }

    pub(in crate::data) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// The current line, from 1.
    pub(in crate::data) fn line(&self) -> u64 {
        self.line
    }

    /// Sees the next byte.
    pub(in crate::data) fn see(&mut self, byte: u8) -> Seen {
        let is_end = matches!(byte, b'\n' | b'\r');
        let is_quoted = matches!(self.field, Field::Quoted(_));
        self.field = match (self.field, byte) {
            (Field::Quoted(line), b'"') => Field::Quote(line),
            (Field::Quoted(line), _) => Field::Quoted(line),
            (Field::Start, b'"') => Field::Quoted(self.line),
            (Field::Quote(line), b'"') => Field::Quoted(line),
            _ if is_end || byte == self.delimiter => Field::Start,
            (Field::Quote(line) | Field::Closed(line), b' ' | b'\t') => Field::Closed(line),
            (Field::Quote(line) | Field::Closed(line), _) => {
                self.behind_quote.get_or_insert((line, self.line));
                Field::Plain
            }
            (Field::Start | Field::Plain, _) => Field::Plain,
        };
        // A line ends with \n, \r or both.
        if byte == b'\r' || (byte == b'\n' && self.last != b'\r') {
            self.line += 1;
        }
        self.last = byte;
        match is_quoted {
            true => Seen::Inside,
            false if is_end => Seen::End,
            false if byte == self.delimiter => Seen::Delimiter,
            false => Seen::Inside,
        }
    }
}
