//! What we show a system.

use http::HeaderName;
use portico_composites::connect::credentials::{
    ACCESS_TOKEN, ClientCredentials, Credentials, SignedAssertion, SigningAlgorithm, SigningKey, TokenExchange,
};
use portico_contracts::packs::{Pack, TokenBody};
use portico_contracts::secret::Secret;
use std::time::Duration;
use url::Url;

use super::issuer::network;
use super::ledger::Ledger;
use crate::settings::read::At;
use crate::settings::written::{
    AssertionSection, ClientAuthWord, CredentialsSection, ExchangeSection, OauthSection, SigningWord, SystemSection,
};

/// How long a token is used where neither its answer nor the pack says.
const USUAL_LIFETIME: Duration = Duration::from_secs(15 * 60);

pub(super) fn check(
    system: &At<SystemSection>,
    pack: &Pack,
    url: &Url,
    ledger: &mut Ledger<'_>,
) -> Option<Credentials> {
    let Some(section) = &system.credentials else { return Some(Credentials::None) };
    match &section.value {
        CredentialsSection::None => Some(Credentials::None),
        CredentialsSection::Oauth2ClientCredentials(oauth) => {
            let token_url = token_url(system, section, oauth.token_url.as_ref(), (pack, url), ledger);
            client_credentials(oauth, pack, token_url, ledger).map(Credentials::ClientCredentials)
        }
        CredentialsSection::Oauth2SignedAssertion(assertion) => {
            let token_url = token_url(system, section, assertion.token_url.as_ref(), (pack, url), ledger);
            signed_assertion(assertion, pack, token_url, ledger)
        }
        CredentialsSection::Oauth2TokenExchange(exchange) => {
            let token_url = token_url(system, section, exchange.token_url.as_ref(), (pack, url), ledger);
            token_exchange(exchange, pack, token_url, ledger).map(Credentials::TokenExchange)
        }
        CredentialsSection::Bearer(bearer) => ledger.secret(&bearer.token).map(Credentials::Bearer),
        CredentialsSection::Basic(basic) => {
            let user = ledger.secret(&basic.user);
            let password = match &basic.password {
                Some(password) => ledger.secret(password),
                None => Some(Secret::new("")),
            };
            Some(Credentials::Basic { user: user?, password: password? })
        }
        CredentialsSection::Header(header) => {
            let name = header_name(&header.name, ledger);
            let value = ledger.secret(&header.value);
            Some(Credentials::Header { name: name?, value: value? })
        }
    }
}

/// Where tokens are had: where the operator says, else where the pack says, at the system itself.
fn token_url(
    system: &SystemSection,
    section: &At<CredentialsSection>,
    said: Option<&At<String>>,
    (pack, url): (&Pack, &Url),
    ledger: &mut Ledger<'_>,
) -> Option<Url> {
    match (said, &pack.auth.token_path) {
        (Some(at), _) => ledger.url(at, network(system.network)),
        (None, Some(path)) => {
            let mut token_url = url.clone();
            token_url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
            Some(token_url)
        }
        (None, None) => {
            let says = format!("the pack {} does not say where tokens are had: name a `token_url`", pack.name);
            ledger.wrong(&section.place, says);
            None
        }
    }
}

fn client_credentials(
    oauth: &OauthSection,
    pack: &Pack,
    token_url: Option<Url>,
    ledger: &mut Ledger<'_>,
) -> Option<ClientCredentials> {
    let client_id = ledger.secret(&oauth.client_id);
    let client_secret = ledger.secret(&oauth.client_secret);
    let refresh_token = match &oauth.refresh_token {
        Some(refresh) => Some(ledger.secret(refresh)?),
        None => None,
    };
    let scope = oauth.scope.as_ref().and_then(|scope| ledger.text(scope));
    let body = token_body(oauth.client_auth, pack);
    let of_pack = pack.auth.parameters.iter().filter(|(name, _)| !oauth.parameters.contains_key(name));
    let parameters = of_pack.map(|(name, value)| (name.clone(), value.clone()));
    let parameters = parameters.chain(oauth.parameters.iter().map(|(name, value)| (name.clone(), value.clone())));
    // A scope of the operator's own stands for the pack's.
    let parameters = parameters.filter(|(name, _)| name != "scope" || scope.is_none()).collect();
    Some(ClientCredentials {
        token_url: token_url?,
        client_id: client_id?,
        client_secret: client_secret?,
        refresh_token,
        scope,
        body,
        parameters,
        lifetime: pack.auth.lifetime.unwrap_or(USUAL_LIFETIME),
    })
}

fn token_body(said: Option<ClientAuthWord>, pack: &Pack) -> TokenBody {
    match said {
        None => pack.auth.token_body,
        Some(ClientAuthWord::Basic) => TokenBody::Basic,
        Some(ClientAuthWord::Form) => TokenBody::Form,
        Some(ClientAuthWord::Json) => TokenBody::Json,
    }
}

fn token_exchange(
    section: &ExchangeSection,
    pack: &Pack,
    token_url: Option<Url>,
    ledger: &mut Ledger<'_>,
) -> Option<TokenExchange> {
    let client_id = ledger.secret(&section.client_id);
    let client_secret = ledger.secret(&section.client_secret);
    let mut said = |at: &Option<At<String>>| at.as_ref().and_then(|at| ledger.text(at));
    let (audience, resource, scope) = (said(&section.audience), said(&section.resource), said(&section.scope));
    let subject_token_type = said(&section.subject_token_type).unwrap_or_else(|| ACCESS_TOKEN.to_owned());
    let requested_token_type = said(&section.requested_token_type);
    Some(TokenExchange {
        token_url: token_url?,
        client_id: client_id?,
        client_secret: client_secret?,
        body: token_body(section.client_auth, pack),
        audience,
        resource,
        scope,
        subject_token_type,
        requested_token_type,
        parameters: section.parameters.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        lifetime: pack.auth.lifetime.unwrap_or(USUAL_LIFETIME),
        service_account: section.service_account,
    })
}

fn signed_assertion(
    section: &AssertionSection,
    pack: &Pack,
    token_url: Option<Url>,
    ledger: &mut Ledger<'_>,
) -> Option<Credentials> {
    let client_id = ledger.secret(&section.client_id);
    let id = section.key_id.as_ref().and_then(|id| ledger.text(id));
    let audience = section.audience.as_ref().and_then(|audience| ledger.text(audience));
    let scope = section.scope.as_ref().and_then(|scope| ledger.text(scope));
    let algorithm = match section.algorithm {
        SigningWord::Ps256 => SigningAlgorithm::Ps256,
        SigningWord::Ps384 => SigningAlgorithm::Ps384,
        SigningWord::Ps512 => SigningAlgorithm::Ps512,
        SigningWord::Es256 => SigningAlgorithm::Es256,
        SigningWord::Es384 => SigningAlgorithm::Es384,
        SigningWord::Rs256 => SigningAlgorithm::Rs256,
    };
    let pem = ledger.lines(&section.private_key)?;
    if !ledger.resolves() {
        // There is no key to look at.
        return Some(Credentials::None);
    }
    let key = ledger.take(&section.private_key.place, SigningKey::new(algorithm, id, pem))?;
    let mut assertion = SignedAssertion::new(&pack.auth, token_url?, client_id?, key);
    assertion.audience = audience;
    assertion.scope = scope.or(assertion.scope);
    assertion.parameters.retain(|(name, _)| !section.parameters.contains_key(name));
    assertion.parameters.extend(section.parameters.iter().map(|(name, value)| (name.clone(), value.clone())));
    Some(Credentials::SignedAssertion(assertion))
}

/// Headers that frame a message or route it are not credentials.
const NOT_CREDENTIALS: [&str; 8] =
    ["host", "connection", "content-length", "transfer-encoding", "upgrade", "te", "trailer", "content-type"];

fn header_name(at: &At<String>, ledger: &mut Ledger<'_>) -> Option<HeaderName> {
    match HeaderName::try_from(at.value.as_str()) {
        Ok(name) if !NOT_CREDENTIALS.contains(&name.as_str()) => Some(name),
        _ => {
            ledger.wrong(&at.place, format!("\"{}\" is not a header that can carry a credential", at.value));
            None
        }
    }
}
