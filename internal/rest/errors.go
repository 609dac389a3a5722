package rest

import (
	"net/http"

	"github.com/portico-hq/portico/internal/fault"
)

// The protocol's own faults. Areas add theirs beside their methods.
var (
	ErrMethodNotFound = fault.New(fault.NotFound, "ERROR_METHOD_NOT_FOUND", "Method not found!")
	ErrNoAuth         = fault.New(fault.Unauthorized, "NO_AUTH_FOUND", "Wrong authorization data")
	ErrExpiredToken   = fault.New(fault.Unauthorized, "expired_token", "The access token provided has expired.")
	ErrInvalidToken   = fault.New(fault.Unauthorized, "invalid_token", "Unable to get application by token")
	ErrCredentials    = fault.New(fault.Unauthorized, "INVALID_CREDENTIALS", "Invalid request credentials")
	ErrScope          = fault.New(fault.Denied, "insufficient_scope",
		"The request requires higher privileges than provided by the access token")
	ErrScopeWebhook = fault.New(fault.Denied, "insufficient_scope",
		"The request requires higher privileges than provided by the webhook token")
	ErrUserAccess = fault.New(fault.Denied, "user_access_error", "The user does not have access to the application.")
	// ErrAppOnly is answered with 400: every page that documents it says so, unlike other refusals of this code.
	ErrAppOnly   = fault.New(fault.Invalid, "ACCESS_DENIED", "Access denied! Application context required")
	ErrAdminOnly = fault.New(fault.Denied, "ACCESS_DENIED", "Access denied! Administrator rights required")
	ErrAuthType  = fault.New(fault.Denied, "WRONG_AUTH_TYPE",
		"Current authorization type is denied for this method Application context required")
	ErrBatchMethod    = fault.New(fault.Invalid, "ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage")
	ErrBatchLength    = fault.New(fault.Invalid, "ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")
	ErrQueryLimit     = fault.New(fault.Unavailable, "QUERY_LIMIT_EXCEEDED", "Too many requests")
	ErrOperatingLimit = fault.New(fault.Unavailable, "OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit.")
	ErrBodySize       = fault.New(fault.TooLarge, "INVALID_REQUEST", "The request body is larger than 10 MB")
)

// statusOf is the HTTP status of a fault: by its code where the protocol fixes one, else by its kind.
func statusOf(f *fault.Fault) int {
	if s, ok := statusByCode[f.Code]; ok {
		return s
	}
	return statusByKind[f.Kind]
}

var statusByCode = map[string]int{
	"ERROR_BATCH_METHOD_NOT_ALLOWED": http.StatusMethodNotAllowed,
	"WRONG_AUTH_TYPE":                http.StatusForbidden,
	"ATTACH_OVERSIZE":                http.StatusBadRequest,
	"KEYBOARD_OVERSIZE":              http.StatusBadRequest,
	"MENU_OVERSIZE":                  http.StatusBadRequest,
	"QUERY_LIMIT_EXCEEDED":           http.StatusServiceUnavailable,
	"OPERATION_TIME_LIMIT":           http.StatusTooManyRequests,
}

var statusByKind = map[fault.Kind]int{
	fault.Internal:     http.StatusInternalServerError,
	fault.Invalid:      http.StatusBadRequest,
	fault.Unauthorized: http.StatusUnauthorized,
	fault.Denied:       http.StatusForbidden,
	fault.NotFound:     http.StatusNotFound,
	fault.Conflict:     http.StatusBadRequest,
	fault.TooLarge:     http.StatusRequestEntityTooLarge,
	fault.Unavailable:  http.StatusServiceUnavailable,
}
