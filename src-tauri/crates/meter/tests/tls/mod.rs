//! A model's server behind TLS, with an authority of its own that exists for one test.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::BufReader;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::model::{Asked, message};

type Stream = StreamOwned<ServerConnection, std::net::TcpStream>;

pub struct Server {
    pub url: String,
    /// The certificate of its authority.
    pub authority: String,
    pub asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Listens as `localhost`, with a certificate for `name`.
    pub fn start(name: &str, answers: impl Fn(&mut Stream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let authority_key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, format!("Authority of {port}"));
        let authority = params.self_signed(&authority_key).unwrap();
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let leaf = leaf.signed_by(&key, &authority, &authority_key).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![leaf.der().clone()], key).unwrap());

        let url = format!("https://localhost:{port}");
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (seen, answers) = (asked.clone(), Arc::new(answers));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (config, seen, answers) = (config.clone(), seen.clone(), answers.clone());
                std::thread::spawn(move || {
                    let session = ServerConnection::new(config).unwrap();
                    let mut reader = BufReader::new(StreamOwned::new(session, stream.unwrap()));
                    while let Some(one) = message(&mut reader) {
                        seen.lock().unwrap().push(one);
                        answers(reader.get_mut());
                    }
                });
            }
        });
        Self { url, authority: authority.pem(), asked }
    }
}
