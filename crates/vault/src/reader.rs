//! Reading sealed bytes: any range, without holding more than a buffer.

use std::fs::File;
use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncSeek, AsyncSeekExt, ReadBuf};

use crate::Class;

/// Sealed bytes, readable and seekable. A sealed file is never opened for
/// writing, so what is read does not change underneath.
#[derive(Debug)]
pub struct Reader {
    file: tokio::fs::File,
    class: Class,
    len_bytes: u64,
}

impl Reader {
    pub(crate) fn new(file: File, class: Class, len_bytes: u64) -> Self {
        Self {
            file: tokio::fs::File::from_std(file),
            class,
            len_bytes,
        }
    }

    /// Length of the whole, in bytes.
    pub fn len_bytes(&self) -> u64 {
        self.len_bytes
    }

    /// The class under which the bytes were found.
    pub fn class(&self) -> Class {
        self.class
    }

    /// The bytes from `from` on, `len_bytes` of them or fewer at the end.
    pub async fn range(
        mut self,
        from: u64,
        len_bytes: u64,
    ) -> io::Result<impl AsyncRead + Send + Unpin + 'static> {
        self.seek(SeekFrom::Start(from)).await?;
        Ok(self.take(len_bytes))
    }
}

impl AsyncRead for Reader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.file).poll_read(cx, buf)
    }
}

impl AsyncSeek for Reader {
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        Pin::new(&mut self.file).start_seek(position)
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Pin::new(&mut self.file).poll_complete(cx)
    }
}
