//! What a program is answered in place of its model: an error as its model spells one, in words that say what to do.

use serde_json::json;

use crate::config::Speaks;

/// Why a call is not passed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Why {
    /// A budget is spent. No program tries this again by itself.
    Budget,
    /// Nobody here knows what it would cost.
    Unknown,
    /// It is not for this meter.
    Stranger,
    /// It cannot be read.
    Wrong,
    /// It is too long.
    TooLong,
    /// The model's server cannot be reached.
    Unreachable,
}

impl Why {
    /// The status of the answer.
    pub(crate) fn status(self) -> hyper::StatusCode {
        match self {
            Self::Budget => hyper::StatusCode::PAYMENT_REQUIRED,
            Self::Unknown | Self::Stranger => hyper::StatusCode::NOT_FOUND,
            Self::Wrong => hyper::StatusCode::BAD_REQUEST,
            Self::TooLong => hyper::StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unreachable => hyper::StatusCode::BAD_GATEWAY,
        }
    }

    /// The body of the answer.
    pub(crate) fn body(self, speaks: Speaks, words: &str) -> String {
        let kind = match self {
            Self::Budget => "billing_error",
            Self::Unknown | Self::Stranger => "not_found_error",
            Self::Wrong => "invalid_request_error",
            Self::TooLong => "request_too_large",
            Self::Unreachable => "api_error",
        };
        match speaks {
            Speaks::Anthropic => json!({"type": "error", "error": {"type": kind, "message": words}}),
            Speaks::Responses => json!({"error": {"type": kind, "code": kind, "message": words, "param": null}}),
        }
        .to_string()
    }
}
