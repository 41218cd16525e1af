//! What the demo prints: who may call, and first calls to copy.

use std::collections::BTreeMap;

/// The first calls, ready to be pasted into a shell.
pub fn first_calls(environment: &BTreeMap<String, String>) -> String {
    let get = |name: &str| environment.get(name).map_or("", String::as_str);
    format!(
        r#"Portico runs.

  traffic   {url}
  admin     {admin}/metrics   (token: {admin_token})
  sandbox   {sandbox}/_sandbox/systems
  issuer    {issuer}

Tokens for tenant acme (those of globex: --env-file PATH writes all of them):

export URL={url}
export SUPPORT={support}
export CRM={crm}
export PARTNER={partner}
export KEY={key}

1. A support agent looks up an order: ERP, CRM and support in one query.

curl -s $URL/graphql -H "Authorization: Bearer $SUPPORT" -H 'Content-Type: application/json' \
  -d '{{"query":"{{ order(number: \"SO-1042\") {{ status total {{ amount currency }} customer {{ name account {{ owner }} }} lines {{ sku quantity product {{ name }} }} shipments {{ trackingNumber }} cases {{ subject status }} source {{ system state }} }} }}"}}'

2. The CRM asks for a credit check while a salesperson waits.

curl -s $URL/credit/v1/checks -H "Authorization: Bearer $CRM" -H 'Content-Type: application/json' \
  -d '{{"customer":{{"number":"C-1001"}},"amount":{{"amount":"25000.00","currency":"EUR"}}}}'

3. A partner calls a versioned API, with a token or a key.

curl -si $URL/partner/v2/orders/SO-1042 -H "X-API-Key: $KEY"

4. Let the CRM fail and ask again: the order still answers.

curl -s {sandbox}/_sandbox/faults -d '{{"tenant":"acme","role":"crm","fault":"down"}}'
curl -s -X DELETE {sandbox}/_sandbox/faults

5. Somebody changes the order in the ERP, which tells so: what was cached is gone, and who listens hears of it.

curl -sN $URL/graphql -H "Authorization: Bearer $SUPPORT" -H 'Content-Type: application/json' -H 'Accept: text/event-stream' \
  -d '{{"query":"subscription {{ orderChanged(number: \"SO-1042\") {{ number status }} }}"}}' &
curl -s {sandbox}/_sandbox/change -d '{{"tenant":"acme","entity":"order","key":"SO-1042"}}'

Stop with Ctrl-C.
"#,
        url = get("PORTICO_URL"),
        admin = get("PORTICO_ADMIN_URL"),
        admin_token = get("PORTICO_ADMIN_TOKEN"),
        sandbox = get("PORTICO_SANDBOX_URL"),
        issuer = get("PORTICO_ISSUER_URL"),
        support = get("TOKEN_SUPPORT"),
        crm = get("TOKEN_CRM"),
        partner = get("TOKEN_PARTNER"),
        key = get("KEY_PARTNER"),
    )
}
