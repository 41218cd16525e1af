//! `oauth2_token_exchange`: a system that wants to know on whose behalf it is asked.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::ClientAuthWord;
use crate::settings::read::At;
use crate::settings::secrets::SecretReference;

/// A token of the system's own that is had for the caller's, for each caller (RFC 8693). Callers by API key have none.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExchangeSection {
    /// Where tokens are exchanged, or `env:NAME`. Default: as the pack says, at the system itself.
    pub(crate) token_url: Option<At<String>>,
    /// Our name there: a reference.
    pub(crate) client_id: At<SecretReference>,
    /// Our secret there: a reference.
    pub(crate) client_secret: At<SecretReference>,
    /// Where name and secret go: basic (a header), form or json. Default: as the pack says.
    pub(crate) client_auth: Option<ClientAuthWord>,
    /// The system as the token endpoint names it, or `env:NAME`.
    pub(crate) audience: Option<At<String>>,
    /// The system by its address, or `env:NAME`.
    pub(crate) resource: Option<At<String>>,
    /// What we ask for, or `env:NAME`.
    pub(crate) scope: Option<At<String>>,
    /// What the caller's token is. Default `urn:ietf:params:oauth:token-type:access_token`.
    pub(crate) subject_token_type: Option<At<String>>,
    /// What kind of token we want. Default: the endpoint's choice.
    pub(crate) requested_token_type: Option<At<String>>,
    /// Further form fields.
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, String>,
    /// Callers without a token are served as the client itself (client credentials at the same endpoint). Default false: they are refused.
    #[serde(default)]
    pub(crate) service_account: bool,
}
