//! HubSpot, NetSuite, Chargebee and ServiceNow, which globex runs.

use portico_tests::{Role, Tenant};

use super::told;

#[tokio::test(flavor = "multi_thread")]
async fn hubspot_is_as_its_own_library_knows_it() {
    let Some(told) = told(Tenant::Globex, Role::Crm, "by_hubspot.mjs").await else { return };
    insta::assert_snapshot!(told, @r#"
    {
      "granted": {
        "tokenType": "bearer",
        "expiresIn": 1800,
        "long": true
      },
      "batch": {
        "status": "COMPLETE",
        "names": [
          "G-2001",
          "G-2002"
        ],
        "when": true
      },
      "partly": {
        "names": [
          "G-2001"
        ],
        "numErrors": 1,
        "errors": [
          {
            "category": "OBJECT_NOT_FOUND",
            "status": "error"
          }
        ]
      },
      "found": {
        "total": 1,
        "name": "Alpine Instruments AG",
        "domain": "alpine-instruments.example"
      },
      "both": [
        "G-2001",
        "G-2003"
      ],
      "hostileFindsNothing": 0,
      "byId": {
        "name": "Alpine Instruments AG",
        "contacts": true,
        "archived": false
      },
      "byOwn": true,
      "pages": {
        "first": 100,
        "second": 100,
        "apart": true,
        "all": 1007,
        "distinct": true
      },
      "searched": {
        "total": true,
        "first": 100,
        "apart": true
      },
      "linked": true,
      "linkedFrom": true,
      "people": [
        "luca.moser@alpine-instruments.example",
        "sofia.gruber@alpine-instruments.example"
      ],
      "byEmail": true,
      "orders": [
        "SO-7042"
      ],
      "latestFirst": true,
      "owners": true,
      "properties": true,
      "noSuchCompany": {
        "raised": "ApiException",
        "code": 404,
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": "resource not found"
      },
      "noSuchProperty": {
        "raised": "ApiException",
        "code": 400,
        "status": "error",
        "category": "VALIDATION_ERROR",
        "message": "There was a problem with the request: property nope does not exist"
      },
      "tooMany": {
        "raised": "ApiException",
        "code": 400,
        "status": "error",
        "category": "VALIDATION_ERROR",
        "message": "No more than 100 inputs are allowed, there were 101"
      },
      "stranger": {
        "raised": "ApiException",
        "code": 401,
        "status": "error",
        "category": "INVALID_AUTHENTICATION",
        "message": "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
      },
      "throttled": {
        "raised": "ApiException",
        "code": 429,
        "status": "error",
        "message": "You have reached your secondly limit.",
        "policyName": "SECONDLY"
      },
      "expired": {
        "raised": "ApiException",
        "code": 401,
        "status": "error",
        "category": "EXPIRED_AUTHENTICATION",
        "message": "The OAuth token used to make this call expired 0 second(s) ago."
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn chargebee_is_as_its_own_library_knows_it() {
    let Some(told) = told(Tenant::Globex, Role::Billing, "by_chargebee.py").await else { return };
    insta::assert_snapshot!(told, @r#"
    {
      "good": {
        "id": "G-2001",
        "company": "Alpine Instruments AG",
        "custom": "G-2001"
      },
      "two": [
        "G-2001",
        "G-2002"
      ],
      "hostile_finds_nothing": 0,
      "by_email": [
        "G-2001"
      ],
      "pages": {
        "read": 11,
        "distinct": true,
        "all_there": true
      },
      "subscriptions": [
        "active"
      ],
      "subscription": {
        "status": "active",
        "customer": "G-2001",
        "currency": "EUR",
        "item_price": "premium-care-EUR-Monthly",
        "unit_price": 19900,
        "quantity": 1,
        "billing_period": [
          1,
          "month"
        ],
        "term_is_a_number": true
      },
      "active": true,
      "invoices": [
        {
          "status": "paid",
          "currency": "EUR",
          "due": true,
          "of": "G-2001"
        },
        {
          "status": "paid",
          "currency": "EUR",
          "due": true,
          "of": "G-2001"
        },
        {
          "status": "paid",
          "currency": "EUR",
          "due": true,
          "of": "G-2001"
        }
      ],
      "no_such_customer": {
        "raised": "InvalidRequestError",
        "http_status_code": 404,
        "api_error_code": "resource_not_found",
        "type": "invalid_request",
        "param": "customer_id"
      },
      "bad_offset": {
        "raised": "InvalidRequestError",
        "http_status_code": 400,
        "api_error_code": "param_wrong_value",
        "type": "invalid_request",
        "param": "offset"
      },
      "wrong_key": {
        "raised": "APIError",
        "http_status_code": 401,
        "api_error_code": "api_authentication_failed",
        "type": null,
        "param": null
      },
      "throttled": {
        "raised": "OperationFailedError",
        "http_status_code": 429,
        "api_error_code": "api_request_limit_exceeded",
        "type": "operation_failed",
        "param": null
      },
      "expired": {
        "raised": "APIError",
        "http_status_code": 401,
        "api_error_code": "api_authentication_failed",
        "type": null,
        "param": null
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn servicenow_is_as_its_own_library_knows_it() {
    let Some(told) = told(Tenant::Globex, Role::Support, "by_pysnc.py").await else { return };
    insta::assert_snapshot!(told, @r#"
    {
      "found_by_number": true,
      "good": {
        "name": "Alpine Instruments AG",
        "number": "G-2001",
        "display": "Alpine Instruments AG"
      },
      "by_sys_id": true,
      "both": [
        {
          "number": "G-2002"
        },
        {
          "number": "G-2001"
        }
      ],
      "by_password": [
        {
          "number": "G-2002"
        },
        {
          "number": "G-2001"
        }
      ],
      "either": [
        {
          "number": "G-2001"
        },
        {
          "number": "G-2003"
        }
      ],
      "cases": {
        "rows": true,
        "account": true
      },
      "case_state": {
        "state": "Open",
        "priority": "2 - High"
      },
      "contact": {
        "reference": true,
        "shown": "Alpine Instruments AG"
      },
      "asset": [
        {
          "serial_number": "GX-77"
        }
      ],
      "dotted": [
        {
          "serial_number": "GX-77",
          "account.number": "G-2001",
          "model.name": "GB-100"
        }
      ],
      "pages": {
        "rows": 1006,
        "all": true,
        "distinct": true
      },
      "limited": 3,
      "counted": 5,
      "batched": [
        {
          "display_value": "G-2001",
          "value": "G-2001"
        },
        404
      ],
      "no_such_record": [
        false,
        false
      ],
      "hostile": 1006,
      "no_such_table": {
        "raised": "RequestException",
        "args": [
          {
            "error": {
              "message": "Invalid table nope",
              "detail": "Table nope does not exist"
            },
            "status": "failure"
          }
        ]
      },
      "throttled": {
        "raised": "RequestException",
        "args": [
          {
            "error": {
              "message": "Rate limit exceeded",
              "detail": "Rate limit of 1000000 requests per hour for Table API exceeded"
            },
            "status": "failure"
          }
        ]
      },
      "expired": {
        "raised": "AuthenticationException",
        "args": [
          {
            "error": {
              "message": "User Not Authenticated",
              "detail": "Required to provide Auth information"
            },
            "status": "failure"
          }
        ]
      },
      "wrong_secret": {
        "raised": "AuthenticationException",
        "args": [
          "Failed to obtain access token: 401 Unauthorized - access_denied"
        ]
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn netsuite_is_as_a_client_of_suiteql_knows_it() {
    let Some(told) = told(Tenant::Globex, Role::Erp, "by_netsuite.py").await else { return };
    insta::assert_snapshot!(told, @r#"
    {
      "token": {
        "expires_in": 3600,
        "token_type": "Bearer"
      },
      "good": [
        {
          "entityid": "G-2001",
          "companyname": "Alpine Instruments AG"
        }
      ],
      "texts": true,
      "either": [
        "G-2001",
        "G-2002"
      ],
      "hostile_finds_nothing": 0,
      "first_page": {
        "count": 300,
        "hasMore": true,
        "offset": 0
      },
      "links": [
        "first",
        "last",
        "next",
        "prev",
        "self"
      ],
      "pages": {
        "read": 4,
        "all": true,
        "distinct": true
      },
      "odd_offset": {
        "raised": "NetsuiteAPIRequestError",
        "status": 400,
        "body": {
          "type": "https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.1",
          "title": "Bad Request",
          "status": 400,
          "o:errorDetails": [
            {
              "detail": "The offset has to be divisible by the limit.",
              "o:errorQueryParam": "offset",
              "o:errorCode": "INVALID_PARAMETER"
            }
          ]
        }
      },
      "no_such_column": {
        "raised": "NetsuiteAPIRequestError",
        "status": 400,
        "body": {
          "type": "https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.1",
          "title": "Bad Request",
          "status": 400,
          "o:errorDetails": [
            {
              "detail": "Invalid search query. Detailed unprocessed description follows. Search error occurred: Unknown identifier 'nope'. Available identifiers are: {customer=customer}.",
              "o:errorQueryParam": "q",
              "o:errorCode": "INVALID_PARAMETER"
            }
          ]
        }
      },
      "bad_query": {
        "raised": "NetsuiteAPIRequestError",
        "status": 400,
        "body": {
          "type": "https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.1",
          "title": "Bad Request",
          "status": 400,
          "o:errorDetails": [
            {
              "detail": "Invalid search query. Detailed unprocessed description follows. Search error occurred: Invalid or unsupported search.",
              "o:errorQueryParam": "q",
              "o:errorCode": "INVALID_PARAMETER"
            }
          ]
        }
      },
      "not_transient": {
        "raised": "NetsuiteAPIRequestError",
        "status": 400,
        "body": {
          "type": "https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.1",
          "title": "Bad Request",
          "status": 400,
          "o:errorDetails": [
            {
              "detail": "The required request header 'Prefer' is missing or invalid. Use 'Prefer: transient'.",
              "o:errorHeader": "Prefer",
              "o:errorCode": "INVALID_HEADER"
            }
          ]
        }
      },
      "throttled": {
        "raised": "NetsuiteAPIRequestError",
        "status": 429,
        "body": {
          "type": "https://www.rfc-editor.org/rfc/rfc6585.html#section-4",
          "title": "Too Many Requests",
          "status": 429,
          "o:errorDetails": [
            {
              "detail": "Concurrent request limit exceeded. Request blocked.",
              "o:errorCode": "CONCURRENCY_LIMIT_EXCEEDED"
            }
          ]
        }
      },
      "expired": {
        "raised": "NetsuiteAPIRequestError",
        "status": 401,
        "body": {
          "type": "https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.2",
          "title": "Unauthorized",
          "status": 401,
          "o:errorDetails": [
            {
              "detail": "Invalid login attempt. For more details, see the Login Audit Trail in the NetSuite UI at Setup > Users/Roles > User Management > View Login Audit Trail.",
              "o:errorCode": "INVALID_LOGIN"
            }
          ]
        }
      },
      "late_statement": {
        "status": 400,
        "error": "invalid_grant"
      }
    }
    "#);
}
