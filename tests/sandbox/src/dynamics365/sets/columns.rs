//! Properties by name: what each set declares, and where each value comes from.
//!
//! The vendor's entities have hundreds. Here are those somebody reads, and enough others that it pays to select.

mod service;

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::super::cell::{BLOCKED, Cell, Kind, NO_YES, SALES_STATUS, TIME_UNIT};
use crate::world::{Address, Customer, Invoice, Order, OrderLine, OrderStatus, Product, Shipment, Stock};

use Kind::{Number, Symbol, Text, Time};

pub(super) use service::{
    AGREEMENT_HEADERS, AGREEMENT_LINES, CONTACT_PERSONS, WARRANTY_POLICIES, agreement_header, agreement_line,
    contact_person, warranty_policy,
};

type Columns = &'static [(&'static str, Kind)];

pub(super) const CUSTOMERS: Columns = &[
    ("dataAreaId", Text),
    ("CustomerAccount", Text),
    ("OrganizationName", Text),
    ("NameAlias", Text),
    ("PartyNumber", Text),
    ("PartyType", Text),
    ("CustomerGroupId", Text),
    ("SalesCurrencyCode", Text),
    ("InvoiceAccount", Text),
    ("PrimaryContactEmail", Text),
    ("PrimaryContactPhone", Text),
    ("PrimaryContactURL", Text),
    ("AddressStreet", Text),
    ("AddressCity", Text),
    ("AddressState", Text),
    ("AddressZipCode", Text),
    ("AddressCountryRegionId", Text),
    ("DeliveryAddressStreet", Text),
    ("DeliveryAddressCity", Text),
    ("DeliveryAddressZipCode", Text),
    ("DeliveryAddressCountryRegionId", Text),
    ("LanguageId", Text),
    ("TaxExemptNumber", Text),
    ("IdentificationNumber", Text),
    ("SalesMemo", Text),
    ("PaymentTerms", Text),
    ("PaymentMethod", Text),
    ("DeliveryMode", Text),
    ("CreditLimit", Number),
    ("CreditLimitIsMandatory", Symbol(&NO_YES)),
    ("CreditRating", Text),
    ("OnHoldStatus", Symbol(&BLOCKED)),
    ("CredManExclude", Symbol(&NO_YES)),
    ("CredManGroupId", Text),
    ("SiteId", Text),
    ("WarehouseId", Text),
    ("LineOfBusinessId", Text),
    ("EmployeeResponsibleNumber", Text),
];

pub(super) fn customer<'a>(customer: &'a Customer, property: &str) -> Option<Cell<'a>> {
    let cell = match property {
        "CustomerAccount" | "InvoiceAccount" => Cell::text(&customer.number),
        "OrganizationName" => Cell::text(&customer.name),
        "NameAlias" => Cell::Text(Cow::Owned(customer.name.chars().take(20).collect())),
        "PartyNumber" => party_number(customer),
        "PartyType" => Cell::text("Organization"),
        "CustomerGroupId" => Cell::text(&customer.group),
        "SalesCurrencyCode" => Cell::text("EUR"),
        "PrimaryContactEmail" => Cell::text(&customer.email),
        "PrimaryContactPhone" => Cell::text(&customer.phone),
        "PrimaryContactURL" => Cell::text(&customer.website),
        "AddressStreet" | "DeliveryAddressStreet" => Cell::text(&customer.address.street),
        "AddressCity" | "DeliveryAddressCity" => Cell::text(&customer.address.city),
        "AddressState" => Cell::text(&customer.address.state),
        "AddressZipCode" | "DeliveryAddressZipCode" => Cell::text(&customer.address.postal_code),
        "AddressCountryRegionId" | "DeliveryAddressCountryRegionId" => Cell::text(&customer.address.country),
        "LanguageId" => Cell::text("en-us"),
        "TaxExemptNumber" => Cell::text(&customer.vat_number),
        "PaymentTerms" => Cell::text(&customer.payment_terms),
        "CreditLimit" => Cell::number(customer.credit_limit),
        "CreditLimitIsMandatory" => Cell::no_yes(true),
        "OnHoldStatus" => Cell::Symbol(&BLOCKED, if customer.on_hold { "All" } else { "No" }),
        "CredManExclude" => Cell::no_yes(false),
        "SiteId" => Cell::text("1"),
        "WarehouseId" => Cell::text("11"),
        "EmployeeResponsibleNumber" => Cell::text(&customer.owner),
        "IdentificationNumber"
        | "SalesMemo"
        | "PaymentMethod"
        | "DeliveryMode"
        | "CreditRating"
        | "CredManGroupId"
        | "LineOfBusinessId" => Cell::text(""),
        _ => return None,
    };
    Some(cell)
}

/// Parties are the environment's, not a company's: the same one may be a customer of both.
fn party_number<'a>(customer: &Customer) -> Cell<'a> {
    Cell::Text(Cow::Owned(format!("PTY-{}", customer.number)))
}

pub(super) const ORDER_HEADERS: Columns = &[
    ("dataAreaId", Text),
    ("SalesOrderNumber", Text),
    ("SalesOrderName", Text),
    ("SalesOrderStatus", Symbol(&SALES_STATUS)),
    ("SalesOrderProcessingStatus", Text),
    ("OrderingCustomerAccountNumber", Text),
    ("InvoiceCustomerAccountNumber", Text),
    ("CustomersOrderReference", Text),
    ("CustomerRequisitionNumber", Text),
    ("CurrencyCode", Text),
    ("OrderCreationDateTime", Time),
    ("RequestedShippingDate", Time),
    ("ConfirmedShippingDate", Time),
    ("RequestedReceiptDate", Time),
    ("ConfirmedReceiptDate", Time),
    ("DeliveryAddressStreet", Text),
    ("DeliveryAddressCity", Text),
    ("DeliveryAddressStateId", Text),
    ("DeliveryAddressZipCode", Text),
    ("DeliveryAddressCountryRegionId", Text),
    ("DeliveryModeCode", Text),
    ("DeliveryTermsCode", Text),
    ("PaymentTermsName", Text),
    ("OrderTotalAmount", Number),
    ("OrderTotalTaxAmount", Number),
    ("AreTotalsCalculated", Symbol(&NO_YES)),
    ("IsSalesProcessingStopped", Symbol(&NO_YES)),
    ("QuotationNumber", Text),
    ("DefaultShippingSiteId", Text),
    ("DefaultShippingWarehouseId", Text),
    ("LanguageId", Text),
    ("SalesTaxGroupCode", Text),
    ("OrderTakerPersonnelNumber", Text),
];

pub(super) fn order_header<'a>(order: &'a Order, customer: Option<&'a Customer>, property: &str) -> Option<Cell<'a>> {
    let address = |of: fn(&Address) -> &String| {
        Cell::text(customer.map(|customer| of(&customer.address)).map_or("", String::as_str))
    };
    let cell = match property {
        "SalesOrderNumber" => Cell::text(&order.number),
        "SalesOrderName" => Cell::text(&order.name),
        "SalesOrderStatus" => Cell::Symbol(&SALES_STATUS, status(order.status)),
        "SalesOrderProcessingStatus" => Cell::text("Active"),
        "OrderingCustomerAccountNumber" | "InvoiceCustomerAccountNumber" => Cell::text(&order.customer),
        "CustomersOrderReference" | "CustomerRequisitionNumber" => Cell::text(&order.purchase_order),
        "CurrencyCode" => Cell::text("EUR"),
        "OrderCreationDateTime" => Cell::Time(order.created),
        "RequestedShippingDate" | "RequestedReceiptDate" => Cell::day(order.requested_ship),
        "ConfirmedShippingDate" | "ConfirmedReceiptDate" => Cell::maybe_day(order.confirmed_ship),
        "DeliveryAddressStreet" => address(|address| &address.street),
        "DeliveryAddressCity" => address(|address| &address.city),
        "DeliveryAddressStateId" => address(|address| &address.state),
        "DeliveryAddressZipCode" => address(|address| &address.postal_code),
        "DeliveryAddressCountryRegionId" => address(|address| &address.country),
        "DeliveryModeCode" => Cell::text(&order.delivery_mode),
        "DeliveryTermsCode" => Cell::text(&order.delivery_terms),
        "PaymentTermsName" => Cell::text(&order.payment_terms),
        "OrderTotalAmount" if order.totals_calculated => Cell::number(order.total()),
        "OrderTotalAmount" | "OrderTotalTaxAmount" => Cell::number(Decimal::ZERO),
        "AreTotalsCalculated" => Cell::no_yes(order.totals_calculated),
        "IsSalesProcessingStopped" => Cell::no_yes(false),
        "DefaultShippingSiteId" => Cell::text("1"),
        "DefaultShippingWarehouseId" => Cell::text("11"),
        "LanguageId" => Cell::text("en-us"),
        "QuotationNumber" | "SalesTaxGroupCode" | "OrderTakerPersonnelNumber" => Cell::text(""),
        _ => return None,
    };
    Some(cell)
}

/// Partly shipped has no word of its own in the vendor's header: it stays open.
fn status(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Open | OrderStatus::PartlyShipped => "Backorder",
        OrderStatus::Delivered => "Delivered",
        OrderStatus::Invoiced => "Invoiced",
        OrderStatus::Canceled => "Canceled",
    }
}

pub(super) const ORDER_LINES: Columns = &[
    ("dataAreaId", Text),
    ("InventoryLotId", Text),
    ("SalesOrderNumber", Text),
    ("LineNumber", Number),
    ("LineCreationSequenceNumber", Number),
    ("ItemNumber", Text),
    ("LineDescription", Text),
    ("OrderedSalesQuantity", Number),
    ("SalesUnitSymbol", Text),
    ("SalesPrice", Number),
    ("SalesPriceQuantity", Number),
    ("LineAmount", Number),
    ("LineDiscountAmount", Number),
    ("LineDiscountPercentage", Number),
    ("CurrencyCode", Text),
    ("SalesOrderLineStatus", Symbol(&SALES_STATUS)),
    ("RequestedShippingDate", Time),
    ("ConfirmedShippingDate", Time),
    ("ShippingSiteId", Text),
    ("ShippingWarehouseId", Text),
    ("ItemSerialNumber", Text),
    ("ItemBatchNumber", Text),
    ("DeliveryModeCode", Text),
    ("SalesTaxGroupCode", Text),
];

pub(super) fn order_line<'a>(order: &'a Order, line: &'a OrderLine, property: &str) -> Option<Cell<'a>> {
    let cell = match property {
        "InventoryLotId" => Cell::text(&line.lot),
        "SalesOrderNumber" => Cell::text(&order.number),
        "LineNumber" | "LineCreationSequenceNumber" => Cell::number(line.number),
        "ItemNumber" => Cell::text(&line.sku),
        "LineDescription" => Cell::text(&line.description),
        "OrderedSalesQuantity" => Cell::number(line.quantity),
        "SalesUnitSymbol" => Cell::text(&line.unit),
        "SalesPrice" => Cell::number(line.unit_price),
        "SalesPriceQuantity" => Cell::number(Decimal::ONE),
        "LineAmount" => Cell::number(line.amount()),
        "LineDiscountAmount" | "LineDiscountPercentage" => Cell::number(Decimal::ZERO),
        "CurrencyCode" => Cell::text("EUR"),
        "SalesOrderLineStatus" => Cell::Symbol(&SALES_STATUS, status(line.status)),
        "RequestedShippingDate" => Cell::day(order.requested_ship),
        "ConfirmedShippingDate" => Cell::maybe_day(order.confirmed_ship),
        "ShippingSiteId" => Cell::text(&line.site),
        "ShippingWarehouseId" => Cell::text("11"),
        "ItemSerialNumber" => Cell::text(line.serial.as_deref().unwrap_or_default()),
        "DeliveryModeCode" => Cell::text(&order.delivery_mode),
        "ItemBatchNumber" | "SalesTaxGroupCode" => Cell::text(""),
        _ => return None,
    };
    Some(cell)
}

pub(super) const INVOICE_HEADERS: Columns = &[
    ("dataAreaId", Text),
    ("InvoiceNumber", Text),
    ("InvoiceDate", Time),
    ("LedgerVoucher", Text),
    ("SalesOrderNumber", Text),
    ("InvoiceCustomerAccountNumber", Text),
    ("CurrencyCode", Text),
    ("TotalInvoiceAmount", Number),
    ("TotalTaxAmount", Number),
    ("InvoiceHeaderTaxAmount", Number),
    ("TotalChargeAmount", Number),
    ("TotalDiscountAmount", Number),
    ("PaymentTermsName", Text),
    ("CustomersOrderReference", Text),
    ("DeliveryModeCode", Text),
    ("SalesOrderOriginCode", Text),
];

pub(super) fn invoice_header<'a>(invoice: &'a Invoice, property: &str) -> Option<Cell<'a>> {
    let cell = match property {
        "InvoiceNumber" => Cell::text(&invoice.number),
        "InvoiceDate" => Cell::day(invoice.date),
        "LedgerVoucher" => Cell::text(&invoice.voucher),
        "SalesOrderNumber" => Cell::text(&invoice.order),
        "InvoiceCustomerAccountNumber" => Cell::text(&invoice.customer),
        "CurrencyCode" => Cell::text("EUR"),
        "TotalInvoiceAmount" => Cell::number(invoice.total),
        "TotalTaxAmount" => Cell::number(invoice.tax),
        "InvoiceHeaderTaxAmount" | "TotalChargeAmount" | "TotalDiscountAmount" => Cell::number(Decimal::ZERO),
        "PaymentTermsName" => Cell::text(&invoice.payment_terms),
        "CustomersOrderReference" => Cell::text(&invoice.purchase_order),
        "DeliveryModeCode" | "SalesOrderOriginCode" => Cell::text(""),
        _ => return None,
    };
    Some(cell)
}

pub(super) const OPEN_TRANSACTIONS: Columns = &[
    ("dataAreaId", Text),
    ("CustomerAccount", Text),
    ("InvoiceNumber", Text),
    ("DueDate", Time),
    ("OpenAmountCur", Number),
    ("CurrencyCode", Text),
];

pub(super) fn open_transaction<'a>(invoice: &'a Invoice, property: &str) -> Option<Cell<'a>> {
    let cell = match property {
        "CustomerAccount" => Cell::text(&invoice.customer),
        "InvoiceNumber" => Cell::text(&invoice.number),
        "DueDate" => Cell::day(invoice.due),
        "OpenAmountCur" => Cell::number(invoice.open_amount),
        "CurrencyCode" => Cell::text("EUR"),
        _ => return None,
    };
    Some(cell)
}

pub(super) const PRODUCTS: Columns = &[
    ("dataAreaId", Text),
    ("ItemNumber", Text),
    ("ProductNumber", Text),
    ("SearchName", Text),
    ("ProductSearchName", Text),
    ("ProductDescription", Text),
    ("ProductGroupId", Text),
    ("ItemModelGroupId", Text),
    ("ProductType", Text),
    ("SalesPrice", Number),
    ("SalesPriceDate", Time),
    ("SalesUnitSymbol", Text),
    ("InventoryUnitSymbol", Text),
    ("NetProductWeight", Number),
    ("WarrantyDurationTime", Number),
    ("WarrantyDurationTimeUnit", Symbol(&TIME_UNIT)),
    ("IsSerialNumberActive", Symbol(&NO_YES)),
    ("ProductLifecycleStateId", Text),
    ("TrackingDimensionGroupName", Text),
    ("SerialNumberGroupCode", Text),
];

pub(super) fn product<'a>(product: &'a Product, property: &str) -> Option<Cell<'a>> {
    let cell = match property {
        "ItemNumber" | "ProductNumber" => Cell::text(&product.sku),
        "SearchName" => Cell::Text(Cow::Owned(product.name.replace(' ', "").chars().take(20).collect())),
        "ProductSearchName" => Cell::text(&product.name),
        "ProductDescription" => Cell::text(&product.description),
        "ProductGroupId" => Cell::text(&product.group),
        "ItemModelGroupId" => Cell::text("FIFO"),
        "ProductType" => Cell::text("Item"),
        "SalesPrice" => Cell::number(product.price),
        "SalesPriceDate" => Cell::maybe_day(None),
        "SalesUnitSymbol" | "InventoryUnitSymbol" => Cell::text(&product.unit),
        "NetProductWeight" => Cell::number(product.weight),
        "WarrantyDurationTime" => Cell::number(product.warranty_months),
        "WarrantyDurationTimeUnit" => Cell::Symbol(&TIME_UNIT, "Months"),
        "IsSerialNumberActive" => Cell::no_yes(product.is_serialised),
        "TrackingDimensionGroupName" => Cell::text(if product.is_serialised { "Serial" } else { "None" }),
        "ProductLifecycleStateId" | "SerialNumberGroupCode" => Cell::text(""),
        _ => return None,
    };
    Some(cell)
}

pub(super) const STOCK_ON_HAND: Columns = &[
    ("dataAreaId", Text),
    ("ItemNumber", Text),
    ("InventorySiteId", Text),
    ("OnHandQuantity", Number),
    ("AvailableOnHandQuantity", Number),
    ("ReservedOnHandQuantity", Number),
    ("OrderedQuantity", Number),
];

pub(super) fn stock_on_hand<'a>(product: &'a Product, stock: &'a Stock, property: &str) -> Option<Cell<'a>> {
    let cell = match property {
        "ItemNumber" => Cell::text(&product.sku),
        "InventorySiteId" => Cell::text(&stock.site),
        "OnHandQuantity" => Cell::number(stock.on_hand),
        "AvailableOnHandQuantity" => Cell::number(stock.available),
        "ReservedOnHandQuantity" => Cell::number(stock.on_hand - stock.available),
        "OrderedQuantity" => Cell::number(Decimal::ZERO),
        _ => return None,
    };
    Some(cell)
}

pub(super) const TRACKING: Columns = &[
    ("dataAreaId", Text),
    ("SalesOrderNumber", Text),
    ("PackingSlipNumber", Text),
    ("DeliveryDate", Time),
    ("TrackingNumber", Text),
    ("TrackingURL", Text),
    ("ShippingCarrierId", Text),
];

pub(super) fn tracking<'a>(shipment: &'a Shipment, property: &str) -> Option<Cell<'a>> {
    let cell = match property {
        "SalesOrderNumber" => Cell::text(&shipment.order),
        "PackingSlipNumber" => Cell::text(&shipment.packing_slip),
        "DeliveryDate" => Cell::day(shipment.date),
        "TrackingNumber" => Cell::text(&shipment.tracking_number),
        "TrackingURL" => Cell::text(&shipment.tracking_url),
        "ShippingCarrierId" => Cell::text(&shipment.carrier),
        _ => return None,
    };
    Some(cell)
}
