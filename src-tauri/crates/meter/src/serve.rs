//! The server itself: takes calls at its secret path, sets aside what each may cost, passes it on and its answer back. Words of
//! prompts and keys pass through memory only.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response, Uri};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::MeterError;
use crate::account::TroubleKind;
use crate::call::{Book, now};
use crate::config::{Config, Speaks};
use crate::flow::Flow;
use crate::read::{Kind, Reader, asked, kind};
use crate::refuse::Why;

/// At once.
const CONNECTIONS: usize = 128;
/// A call is never longer: providers take half of it.
const LARGEST: usize = 64 * 1024 * 1024;
/// A call up to here is small; of larger ones so many are held in memory at once.
const SMALL: u64 = 2 * 1024 * 1024;
const LARGE_AT_ONCE: usize = 8;
const CONNECTING: Duration = Duration::from_secs(20);
const HEADERS: Duration = Duration::from_secs(30);

/// Headers that are of one connection, and so are not passed on. The answer is to be readable, so it is not to be packed.
const OWN: [&str; 10] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "accept-encoding",
];

type Answer = Response<UnsyncBoxBody<Bytes, hyper::Error>>;

/// Where it listens.
pub(crate) enum Listener {
    /// A port of loopback.
    Loopback(TcpListener),
    /// A socket.
    Socket(UnixListener),
}

/// A meter that runs.
pub(crate) struct Meter {
    secret: String,
    upstream: String,
    speaks: Speaks,
    silence: Duration,
    book: Arc<Book>,
    large: Semaphore,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Meter {
    pub(crate) fn new(config: &Config) -> Result<Arc<Self>, MeterError> {
        let upstream = config.upstream.trim_end_matches('/').to_owned();
        let uri: Uri =
            upstream.parse().map_err(|error| MeterError::Upstream { why: format!("{upstream}: {error}") })?;
        if uri.host().is_none() || !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(MeterError::Upstream { why: format!("{upstream} is no http address") });
        }
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECTING));
        let tls = hyper_rustls::HttpsConnectorBuilder::new();
        let tls = if uri.scheme_str() == Some("https") {
            tls.with_native_roots().map_err(|error| MeterError::Certificates { why: error.to_string() })?
        } else {
            // Never spoken; but the client is of one kind.
            tls.with_tls_config(no_tls()?)
        };
        let connector = tls.https_or_http().enable_http1().wrap_connector(connector);
        let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
        Ok(Arc::new(Self {
            secret: config.secret.clone(),
            upstream,
            speaks: config.speaks,
            silence: Duration::from_millis(config.silence_ms),
            book: Arc::new(Book::open(config)?),
            large: Semaphore::new(LARGE_AT_ONCE),
            client,
        }))
    }

    /// Answers whoever comes, until it is dropped.
    pub(crate) async fn serve(self: Arc<Self>, listener: Listener) {
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        let mut open = JoinSet::new();
        loop {
            let Ok(place) = room.clone().acquire_owned().await else { return };
            let meter = self.clone();
            match &listener {
                Listener::Loopback(listener) => match listener.accept().await {
                    Ok((stream, _)) => {
                        // Small pieces of a stream are not to wait for each other.
                        let _ = stream.set_nodelay(true);
                        open.spawn(async move {
                            meter.connection(stream).await;
                            drop(place);
                        });
                    }
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                },
                Listener::Socket(listener) => match listener.accept().await {
                    Ok((stream, _)) => {
                        open.spawn(async move {
                            meter.connection(stream).await;
                            drop(place);
                        });
                    }
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                },
            }
            while open.try_join_next().is_some() {}
        }
    }

    async fn connection<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self: Arc<Self>, stream: S) {
        let service = hyper::service::service_fn(move |request| {
            let meter = self.clone();
            async move { Ok::<_, Infallible>(meter.answer(request).await) }
        });
        let mut server = hyper::server::conn::http1::Builder::new();
        server.timer(TokioTimer::new()).header_read_timeout(HEADERS);
        // Either side may go away at any time.
        let _ = server.serve_connection(TokioIo::new(stream), service).await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Answer {
        match self.pass(request).await {
            Ok(answer) => answer,
            Err((why, words)) => self.refusal(why, &words),
        }
    }

    fn refusal(&self, why: Why, words: &str) -> Answer {
        let body = why.body(self.speaks, &format!("Afterhours: {words}"));
        let mut answer = Response::new(Full::from(body).map_err(|never| match never {}).boxed_unsync());
        *answer.status_mut() = why.status();
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // Asking again without an owner's word comes to the same.
        answer.headers_mut().insert("x-should-retry", HeaderValue::from_static("false"));
        answer
    }

    async fn pass(&self, request: Request<Incoming>) -> Result<Answer, (Why, String)> {
        let (head, body) = request.into_parts();
        let whole = head.uri.path_and_query().map_or("/", hyper::http::uri::PathAndQuery::as_str);
        let Some(path) = self.behind_the_secret(whole) else {
            return Err((Why::Stranger, "there is nothing here".to_owned()));
        };
        let kind = kind(self.speaks, head.method.as_str(), path);
        if kind == Kind::Unknown && self.book.has_budgets() {
            let words = "this call cannot be counted, and there is a budget: it is not passed on";
            return Err((Why::Unknown, words.to_owned()));
        }
        let uri: Uri = format!("{}{path}", self.upstream)
            .parse()
            .map_err(|error| (Why::Wrong, format!("the path cannot be passed on: {error}")))?;
        let small = hyper::body::Body::size_hint(&body).upper().is_some_and(|bytes| bytes <= SMALL);
        let _room = if small { None } else { self.large.acquire().await.ok() };
        let body = match Limited::new(body, LARGEST).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                return Err((Why::TooLong, "the call is longer than 64 MiB".to_owned()));
            }
            Err(_) => return Err((Why::Wrong, "the call broke off".to_owned())),
        };
        let mut call = None;
        if kind == Kind::Metered {
            let Some(asked) = asked(&body) else {
                return Err((Why::Wrong, "the call names no model".to_owned()));
            };
            call = Some(self.book.begin(asked).await.map_err(|words| (Why::Budget, words))?);
        }
        let mut on = Request::new(Full::new(body));
        *on.method_mut() = head.method;
        *on.uri_mut() = uri;
        *on.headers_mut() = passed_on(head.headers);
        // The client names the host it really goes to.
        on.headers_mut().remove(header::HOST);
        on.headers_mut().remove(header::CONTENT_LENGTH);
        on.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some(call) = &mut call {
            call.sent();
        }
        let answer = match self.first_word(self.client.request(on)).await {
            Ok(answer) => answer,
            Err(error) => {
                let (kind, words) = no_answer(&error);
                self.book.trouble(kind, None, None);
                if let Some(call) = call.filter(|_| error.is_connect()) {
                    call.free();
                }
                return Err((Why::Unreachable, words));
            }
        };
        Ok(self.back(answer, call))
    }

    /// Says so when nothing comes for a while, and goes on waiting.
    async fn first_word<T>(&self, answer: impl Future<Output = T>) -> T {
        tokio::pin!(answer);
        if let Ok(answer) = tokio::time::timeout(self.silence, &mut answer).await {
            return answer;
        }
        self.book.trouble(TroubleKind::Silent, None, None);
        answer.await
    }

    fn back(&self, answer: Response<Incoming>, call: Option<crate::call::Call>) -> Answer {
        let (mut head, body) = answer.into_parts();
        let packed = head.headers.contains_key(header::CONTENT_ENCODING);
        let streams =
            head.headers.get(header::CONTENT_TYPE).is_some_and(|it| it.as_bytes().starts_with(b"text/event-stream"));
        let status = head.status.as_u16();
        let until = reset(&head.headers);
        head.headers = passed_on(head.headers);
        let Some(call) = call else { return Response::from_parts(head, body.boxed_unsync()) };
        if head.status.is_success() {
            self.book.all_well();
            // What is packed cannot be read; it passes, and counts by a guess.
            let reader = Reader::new(self.speaks, streams || packed);
            return Response::from_parts(head, Flow::new(body, reader, call, self.silence).boxed_unsync());
        }
        call.free();
        let kind = match status {
            429 => TroubleKind::Limited,
            401 | 403 => TroubleKind::Login,
            500..=599 | 408 => TroubleKind::Overloaded,
            _ => TroubleKind::Refused,
        };
        self.book.trouble(kind, Some(status), until.filter(|_| status == 429));
        Response::from_parts(head, body.boxed_unsync())
    }

    /// The path behind the secret, if that is what it begins with. Compared whole, so that time tells nothing of it.
    fn behind_the_secret<'a>(&self, path: &'a str) -> Option<&'a str> {
        let (said, rest) = path.strip_prefix('/')?.split_at_checked(self.secret.len())?;
        let differs = said.bytes().zip(self.secret.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b));
        (differs == 0 && (rest.is_empty() || rest.starts_with(['/', '?']))).then_some(rest)
    }
}

fn no_tls() -> Result<rustls::ClientConfig, MeterError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| MeterError::Certificates { why: error.to_string() })?;
    Ok(config.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
}

/// Why there is no answer, in words that say what to do.
fn no_answer(error: &(dyn std::error::Error + 'static)) -> (TroubleKind, String) {
    let mut why = error;
    loop {
        // An IO error carries what it was made of, and names only what is below that as its source.
        let inner = why.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        match inner.map(|inner| inner as &(dyn std::error::Error + 'static)).or_else(|| why.source()) {
            Some(next) => why = next,
            None => break,
        }
    }
    if matches!(why.downcast_ref(), Some(rustls::Error::InvalidCertificate(_))) {
        let words = format!(
            "the model's server is not trusted, and nothing was sent: {why}. Where your network or your server has an authority of \
             its own, name the file with its certificates in SSL_CERT_FILE where the office is started"
        );
        return (TroubleKind::Untrusted, words);
    }
    (TroubleKind::Unreachable, format!("the model's server cannot be reached: {why}"))
}

fn passed_on(mut headers: HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in OWN {
        headers.remove(name);
    }
    headers
}

/// When a limit ends, in seconds since 1970: what the server itself says, never guessed.
fn reset(headers: &HeaderMap) -> Option<i64> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
    let at = number("anthropic-ratelimit-unified-reset").filter(|at| *at > 0);
    at.or_else(|| number("retry-after").filter(|secs| (0..=604_800).contains(secs)).map(|secs| now() / 1000 + secs))
}
