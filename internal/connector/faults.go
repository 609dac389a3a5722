package connector

import "github.com/portico-hq/portico/internal/fault"

// The faults of registering. They are answered inside of the result.
// Pages: api-reference/imopenlines/imconnector/imconnector-register.md, imconnector-unregister.md.
var (
	errDot        = fault.New(fault.Invalid, "APPLICATION_REGISTRATION_ERROR_POINT", "Application registration error. Using a dot in the connector identifier is not allowed")
	errIDRequired = fault.New(fault.Invalid, "CONNECTOR_ID_REQUIRED", "Connector ID is not specified")
	errNameNeeded = fault.New(fault.Invalid, "NAME_REQUIRED", "Connector name is not specified")
	errIconNeeded = fault.New(fault.Invalid, "ICON_REQUIRED", "Connector icon is not specified")
	errNoHandler  = fault.New(fault.Invalid, "NO_PLACEMENT_HANDLER", "Failed to get embedding handler URL")
	errTaken      = fault.New(fault.Conflict, "APPLICATION_REGISTRATION_ERROR", "Application registration error. The identifier belongs to another connector")
	errTooMany    = fault.New(fault.Conflict, "APPLICATION_REGISTRATION_ERROR", "Application registration error. The application has as many connectors as it may")
	errUnregister = fault.New(fault.Invalid, "APPLICATION_UNREGISTRATION_ERROR", "Error unregistering the application")
)

// codeGeneral is documented for whatever else is wrong.
const codeGeneral = "GENERAL_CONNECTOR_REGISTRATION_ERROR"

// General returns the fault of something else that is wrong with a connector.
func General(why string) *fault.Fault {
	return fault.New(fault.Invalid, codeGeneral, "General connector registration error. "+why)
}

// The faults of the other methods. Page: api-reference/imopenlines/imconnector/imconnector-send-messages.md.
var (
	ErrNoLine      = fault.New(fault.Invalid, "NOT_ACTIVE_LINE", "The line with this ID is inactive or does not exist")
	ErrNoConnector = fault.New(fault.Invalid, "IMCONNECTOR_NO_CORRECT_PROVIDER", "Failed to find a suitable provider for the connector")
)

// The faults of the Contact Center.
var (
	// ErrDenied is returned to people who may not manage connectors.
	ErrDenied = fault.New(fault.Denied, "ACCESS_DENIED", "You may not manage connectors. Ask an administrator.")
	// ErrNotFound is returned for a connector that is not there.
	ErrNotFound = fault.New(fault.NotFound, "CONNECTOR_NOT_FOUND", "There is no such connector. Its application may have been removed.")
	errNoLine   = fault.New(fault.Invalid, "LINE_NOT_FOUND", "There is no such open channel. It may have been deleted meanwhile.").At("LINE")
)
