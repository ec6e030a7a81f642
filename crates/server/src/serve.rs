//! Serving: plain http only on loopback or behind a named proxy, TLS otherwise; a stop that does not
//! wait for stalled uploads for ever.

use crate::desk::{Desk, DeskSettings};
use crate::headers::{Transport, protect};
use crate::router;
use axum::Router;
use casework::Office;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How to listen.
#[derive(Clone, Debug)]
pub struct Listen {
    pub address: SocketAddr,
    /// Certificate chain and key, PEM.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// The proxy before us, which speaks TLS to the world.
    pub proxy: Option<IpAddr>,
    pub demo_accounts: Vec<(String, String, String)>,
}

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("plain http is served on loopback or behind a named proxy only: {address} is neither (use --tls-cert and --tls-key, or --behind-proxy)")]
    PlainHttp { address: SocketAddr },
    #[error("cannot listen on {address}")]
    Bind {
        address: SocketAddr,
        #[source]
        source: std::io::Error,
    },
    #[error("certificate or key cannot be read")]
    Certificate(#[source] std::io::Error),
    #[error("serving ended with a fault")]
    Serve(#[source] std::io::Error),
}

/// How long open requests may go on after a stop is asked for.
const GRACE: Duration = Duration::from_secs(10);

/// The whole application as one router, as the tests call it too.
pub fn application(office: Office, settings: DeskSettings) -> Router {
    let transport = if settings.secure { Transport::Tls } else { Transport::Plain };
    let desk = Desk { office, settings: Arc::new(settings) };
    protect(router::routes().router, transport).with_state(desk)
}

/// Serves until `stop` resolves.
pub async fn serve(office: Office, listen: Listen, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), ServeError> {
    let address = listen.address;
    let secure = listen.tls.is_some() || listen.proxy.is_some();
    if !secure && !address.ip().is_loopback() {
        return Err(ServeError::PlainHttp { address });
    }
    let settings = DeskSettings { secure, proxy: listen.proxy, demo_accounts: listen.demo_accounts };
    let service = application(office, settings).into_make_service_with_connect_info::<SocketAddr>();
    let handle = axum_server::Handle::new();
    let stopping = handle.clone();
    tokio::spawn(async move {
        stop.await;
        stopping.graceful_shutdown(Some(GRACE));
    });
    let listener = std::net::TcpListener::bind(address).map_err(|source| ServeError::Bind { address, source })?;
    listener.set_nonblocking(true).map_err(|source| ServeError::Bind { address, source })?;
    match listen.tls {
        None => axum_server::from_tcp(listener).map_err(ServeError::Serve)?.handle(handle).serve(service).await,
        Some((certificate, key)) => {
            let _ = rustls::crypto::ring::default_provider().install_default();
            let config = axum_server::tls_rustls::RustlsConfig::from_pem_file(certificate, key).await.map_err(ServeError::Certificate)?;
            axum_server::from_tcp_rustls(listener, config).map_err(ServeError::Serve)?.handle(handle).serve(service).await
        }
    }
    .map_err(ServeError::Serve)
}
