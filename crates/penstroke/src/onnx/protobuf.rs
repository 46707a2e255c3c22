//! Encodes Protocol Buffers as far as an ONNX file needs: whole numbers and byte strings, with fields in the order they
//! are added. The format: <https://protobuf.dev/programming-guides/encoding/>.

/// A message under construction. Every field is a key, `8·field + wire type`, and its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Message(Vec<u8>);

/// Wire types of values.
const VARINT: u64 = 0;
const LENGTH_DELIMITED: u64 = 2;

impl Message {
    /// Adds an unsigned whole number.
    pub(super) fn number(mut self, field: u32, value: u64) -> Self {
        self.key(field, VARINT);
        self.varint(value);
        self
    }

    /// Adds bytes.
    pub(super) fn bytes(mut self, field: u32, bytes: &[u8]) -> Self {
        self.key(field, LENGTH_DELIMITED);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    /// Adds a text.
    pub(super) fn text(self, field: u32, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    /// Adds a message.
    pub(super) fn message(self, field: u32, message: &Message) -> Self {
        self.bytes(field, &message.0)
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn key(&mut self, field: u32, wire_type: u64) {
        self.varint(u64::from(field) << 3 | wire_type);
    }

    /// Seven bits per byte, least significant first; all bytes but the last have the highest bit set.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_the_bytes_of_the_specification() {
        // Examples from the documentation of the encoding.
        let number = Message::default().number(1, 150);
        assert_eq!(number.0, [0x08, 0x96, 0x01]);
        let text = Message::default().text(2, "testing");
        assert_eq!(text.0, [0x12, 0x07, b't', b'e', b's', b't', b'i', b'n', b'g']);
        let nested = Message::default().message(3, &number);
        assert_eq!(nested.into_bytes(), [0x1a, 0x03, 0x08, 0x96, 0x01]);
        // A two-byte key, and the smallest and largest numbers.
        assert_eq!(Message::default().number(16, 0).0, [0x80, 0x01, 0x00]);
        let greatest = [[0xff; 9].as_slice(), &[0x01]].concat();
        assert_eq!(Message::default().number(1, u64::MAX).0[1..], greatest);
    }
}
