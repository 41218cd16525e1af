//! Salesforce, Dynamics 365, Stripe and Zendesk, which acme runs.

use portico_tests::{Role, Tenant};

use super::told;

#[tokio::test(flavor = "multi_thread")]
async fn salesforce_is_as_simple_salesforce_knows_it() {
    let Some(told) = told(Tenant::Acme, Role::Crm, "by_simple_salesforce.py").await else { return };
    insta::assert_snapshot!(told, @r#"
    {
      "instance": "acme.my.salesforce.com",
      "query": {
        "totalSize": 2,
        "done": true,
        "records": [
          {
            "Id": "0015gAc00000000ABA",
            "Name": "Hanseatic Pumps GmbH",
            "AccountNumber": "C-1001",
            "Owner": {
              "attributes": {
                "type": "User",
                "url": "/services/data/v66.0/sobjects/User/0055gAc00000000ABA"
              },
              "Name": "Erika Lindqvist"
            }
          },
          {
            "Id": "0015gAc00000001ABA",
            "Name": "Rhein Armaturen AG",
            "AccountNumber": "C-1002",
            "Owner": {
              "attributes": {
                "type": "User",
                "url": "/services/data/v66.0/sobjects/User/0055gAc00000000ABA"
              },
              "Name": "Erika Lindqvist"
            }
          }
        ]
      },
      "record_type": "Account",
      "owner_attributes": [
        "type",
        "url"
      ],
      "first_page": {
        "records": 200,
        "done": false
      },
      "second_page": {
        "records": 200,
        "continues": true
      },
      "all_pages": {
        "records": true,
        "done": true,
        "distinct": true,
        "one_by_one": true
      },
      "no_rows": {
        "totalSize": 0,
        "done": true,
        "records": []
      },
      "hostile_finds_nothing": 0,
      "like_is_escaped": 0,
      "children": [
        {
          "Name": "Anna Brandt",
          "Email": "anna.brandt@hanseatic-pumps.example"
        },
        {
          "Name": "Jonas Keller",
          "Email": "jonas.keller@hanseatic-pumps.example"
        }
      ],
      "counted": true,
      "by_id": "C-1001",
      "by_short_id": true,
      "described": {
        "fields": true,
        "prefix": "001",
        "objects": true
      },
      "composite": [
        [
          "good",
          200
        ],
        [
          "bad",
          400
        ]
      ],
      "many": [
        "Hanseatic Pumps GmbH",
        null
      ],
      "limits": [
        "Max",
        "Remaining"
      ],
      "usage": [
        "total",
        "used"
      ],
      "no_such_record": {
        "raised": "SalesforceResourceNotFound",
        "status": 404,
        "content": [
          {
            "message": "The requested resource does not exist",
            "errorCode": "NOT_FOUND"
          }
        ]
      },
      "no_such_column": {
        "raised": "SalesforceMalformedRequest",
        "status": 400,
        "content": [
          {
            "message": "\nSELECT Nope__c FROM Account\n       ^\nERROR at Row:1:Column:8\nNo such column 'Nope__c' on entity 'Account'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.",
            "errorCode": "INVALID_FIELD"
          }
        ]
      },
      "no_such_object": {
        "raised": "SalesforceMalformedRequest",
        "status": 400,
        "content": [
          {
            "message": "\nSELECT Id FROM Nope\n               ^\nERROR at Row:1:Column:16\nsObject type 'Nope' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.",
            "errorCode": "INVALID_TYPE"
          }
        ]
      },
      "bad_query": {
        "raised": "SalesforceMalformedRequest",
        "status": 400
      },
      "throttled": {
        "raised": "SalesforceRefusedRequest",
        "status": 403,
        "content": [
          {
            "message": "TotalRequests Limit exceeded.",
            "errorCode": "REQUEST_LIMIT_EXCEEDED"
          }
        ]
      },
      "expired": {
        "answered": 1,
        "signed_in_again": true
      },
      "wrong_secret": {
        "raised": "SalesforceAuthenticationFailed",
        "code": "invalid_client",
        "message": "Authentication failed. Response content: {content}"
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn dynamics_365_is_as_a_client_of_odata_expects_it() {
    let Some(told) = told(Tenant::Acme, Role::Erp, "by_python_odata.py").await else { return };
    insta::assert_snapshot!(told, @r#"
    {
      "token": {
        "token_type": "Bearer",
        "expires_in": 3599,
        "ext_expires_in": 3599
      },
      "sets": [
        "ContactPersons",
        "CustOpenTransactions",
        "CustomersV3",
        "InventorySitesOnHandV2",
        "ReleasedProductsV2",
        "SalesInvoiceHeadersV2",
        "SalesOrderHeadersV2",
        "SalesOrderLinesV3",
        "SalesPackingSlipTrackingInformation",
        "ServiceAgreementHeaders",
        "ServiceAgreementLines",
        "WarrantyPolicies"
      ],
      "keys": [
        "CustomerAccount",
        "dataAreaId"
      ],
      "by_key": {
        "OrganizationName": "Hanseatic Pumps GmbH",
        "CreditLimit": "100000",
        "OnHoldStatus": "CustVendorBlocked.No",
        "PaymentTerms": "Net30"
      },
      "either": [
        "C-1002",
        "C-1001"
      ],
      "order": {
        "SalesOrderStatus": "SalesStatus.Backorder",
        "OrderTotalAmount": "0",
        "AreTotalsCalculated": "NoYes.No",
        "OrderCreationDateTime": "2026-06-03 09:00:00+00:00",
        "ConfirmedShippingDate": "2026-06-24 12:00:00+00:00"
      },
      "lines": [
        [
          "1",
          "AC-100",
          "2",
          "2501"
        ],
        [
          "2",
          "AC-200",
          "1",
          "3400"
        ]
      ],
      "counted": true,
      "pages": {
        "read": 11,
        "longest": 100,
        "all": true,
        "sorted": true
      },
      "skipped": [
        "C-1003",
        "C-1004"
      ],
      "quoted": 0,
      "wildcard": 5,
      "without_cross_company": [
        [
          "acuk",
          "C-1001"
        ]
      ],
      "no_such_customer": {
        "raised": "NoResultsFound"
      },
      "no_such_property": {
        "raised": "ODataError",
        "status_code": "HTTP 400",
        "code": "None",
        "message": "An error has occurred.",
        "detailed_message": "Could not find a property named 'Nope' on type 'Microsoft.Dynamics.DataEntities.CustomerV3'."
      },
      "bad_filter": {
        "raised": "ODataError",
        "status_code": "HTTP 400",
        "code": "None",
        "message": "An error has occurred.",
        "detailed_message": "The query specified in the URI is not valid. There is an unterminated string literal at position 19 in 'CustomerAccount eq 'x'."
      },
      "not_supported": {
        "raised": "ODataError",
        "status_code": "HTTP 400"
      },
      "throttled": {
        "raised": "ODataError",
        "status_code": "HTTP 429",
        "code": "None",
        "message": "This request could not be processed at this time due to system experiencing high resource utilization.",
        "detailed_message": "None"
      },
      "expired": {
        "raised": "ODataError",
        "status_code": "HTTP 401",
        "message": "Server did not supply any error messages"
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_is_as_its_own_library_knows_it() {
    let Some(told) = told(Tenant::Acme, Role::Billing, "by_stripe.py").await else { return };
    insta::assert_snapshot!(told, @r#"
    {
      "customer": {
        "name": "Hanseatic Pumps GmbH",
        "metadata": {
          "erp_id": "C-1001",
          "account_code": "K1001"
        },
        "object": "customer"
      },
      "subscriptions_of_search": [
        "active"
      ],
      "two_found": [
        "C-1001",
        "C-1002"
      ],
      "hostile_finds_nothing": 0,
      "subscriptions": [
        "active"
      ],
      "subscription": {
        "status": "active",
        "customer_expanded": true,
        "latest_invoice_expanded": "invoice",
        "currency": "eur",
        "unit_amount": 19900,
        "interval": "month",
        "quantity": 1,
        "period_is_a_number": true,
        "cancel_at_period_end": false
      },
      "invoices": [
        {
          "status": "paid",
          "currency": "eur",
          "due": true
        },
        {
          "status": "paid",
          "currency": "eur",
          "due": true
        }
      ],
      "invoice_names_its_subscription": true,
      "lines": [
        {
          "amount_is_of_the_invoice": true,
          "quantity": 1
        }
      ],
      "told_lines": true,
      "items": true,
      "owing": {
        "status": true,
        "remaining": true
      },
      "pages": {
        "first": 100,
        "more": true,
        "distinct": true,
        "backwards": true,
        "newest_first": true
      },
      "search_pages": {
        "distinct": true,
        "same": true
      },
      "retrieved": true,
      "entitlements": [
        "premium-care"
      ],
      "balance": "balance",
      "request_id": true,
      "version": true,
      "no_such_customer": {
        "raised": "InvalidRequestError",
        "http_status": 404,
        "error": {
          "type": "invalid_request_error",
          "code": "resource_missing",
          "param": "id",
          "message": "No such customer: 'cus_nope'"
        }
      },
      "no_such_owner": {
        "raised": "InvalidRequestError",
        "http_status": 404,
        "error": {
          "type": "invalid_request_error",
          "code": "resource_missing",
          "param": "customer",
          "message": "No such customer: 'cus_nope'"
        }
      },
      "unknown_parameter": {
        "raised": "InvalidRequestError",
        "http_status": 400,
        "error": {
          "type": "invalid_request_error",
          "code": "parameter_unknown",
          "param": "bogus",
          "message": "Received unknown parameter: bogus"
        }
      },
      "bad_search": {
        "raised": "InvalidRequestError",
        "http_status": 400,
        "error": {
          "type": "invalid_request_error",
          "code": null,
          "param": "query",
          "message": "We were unable to parse your search query near ``. Try using the format `metadata[\"key\"]:\"value\"`."
        }
      },
      "mixed_search": {
        "raised": "InvalidRequestError",
        "http_status": 400,
        "error": {
          "type": "invalid_request_error",
          "code": null,
          "param": "query",
          "message": "Search queries cannot mix AND and OR."
        }
      },
      "wrong_key": {
        "raised": "AuthenticationError",
        "http_status": 401,
        "error": {
          "type": "invalid_request_error",
          "code": null,
          "param": null,
          "message": "Invalid API Key provided: sk_test_*****body"
        }
      },
      "throttled": {
        "raised": "RateLimitError",
        "http_status": 429,
        "error": {
          "type": "invalid_request_error",
          "code": "rate_limit",
          "param": null,
          "message": "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits."
        }
      },
      "retried": {
        "raised": "RateLimitError",
        "http_status": 429
      },
      "expired": {
        "raised": "AuthenticationError",
        "http_status": 401,
        "error": {
          "type": "invalid_request_error",
          "code": "api_key_expired",
          "param": null,
          "message": "Expired API Key provided: sk_test_*************ling"
        }
      }
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn zendesk_is_as_zenpy_knows_it() {
    let Some(told) = told(Tenant::Acme, Role::Support, "by_zenpy.py").await else { return };
    insta::assert_snapshot!(told, @r#"
    {
      "token": {
        "token_type": "bearer",
        "scope": "read",
        "expires_in": 7200
      },
      "external": {
        "external_id": "C-1001",
        "name": "Hanseatic Pumps GmbH",
        "domain_names": [
          "hanseatic-pumps.example"
        ]
      },
      "show_many": [
        "C-1001",
        "C-1002",
        "C-1003"
      ],
      "show_many_keeps_the_order": false,
      "by_id": [
        "C-1001",
        "C-1002",
        "C-1003"
      ],
      "found": {
        "count": true,
        "newest_first": true,
        "of_the_organization": true
      },
      "unsolved": true,
      "listed": true,
      "ticket": {
        "status": "open",
        "priority": "high",
        "subject": "Feed pump is noisy",
        "created": "2026-06-13"
      },
      "organization_of_ticket": "Hanseatic Pumps GmbH",
      "requester": {
        "name": "Jonas Keller",
        "email": "jonas.keller@hanseatic-pumps.example",
        "role": "end-user"
      },
      "many": true,
      "requested": true,
      "comments": 1,
      "by_external_id": [
        "SO-1042"
      ],
      "user_search": [
        "jonas.keller@hanseatic-pumps.example"
      ],
      "me": "agent",
      "pages": {
        "first": 5,
        "same_beginning": true,
        "distinct": true,
        "offset": 7
      },
      "counted": true,
      "no_such_ticket": {
        "raised": "RecordNotFoundException",
        "status": 404,
        "body": {
          "error": "RecordNotFound",
          "description": "Not found"
        }
      },
      "no_such_organization": [],
      "organization_search": [
        "C-1001"
      ],
      "too_many": {
        "raised": "TooManyValuesException",
        "status": 400,
        "body": {
          "error": "TooManyValues",
          "description": "Parameter ids cannot specify more than 100 values",
          "max_count": 100
        }
      },
      "throttled": {
        "raised": "RatelimitBudgetExceeded"
      },
      "expired": {
        "raised": "APIException"
      },
      "stranger": {
        "raised": "APIException",
        "status": 401,
        "body": {
          "error": "invalid_token",
          "error_description": "The access token provided is expired, revoked, malformed or invalid for other reasons."
        }
      }
    }
    "#);
}
