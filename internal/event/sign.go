package event

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// The headers that a request to a handler has. docs/deliveries.md tells handlers how to use them.
const (
	DeliveryHeader  = "X-Portico-Delivery"  // the delivery's number, the same for each attempt
	AttemptHeader   = "X-Portico-Attempt"   // counts from 1
	TimestampHeader = "X-Portico-Timestamp" // seconds since 1970, when the request was signed
	SignatureHeader = "X-Portico-Signature" // see Signature; one for each signing secret of the receiver, with commas between
)

// Signature returns the signature of a request: "v1=" and the HMAC-SHA256 in hexadecimal digits, with the secret as key, over
// the timestamp in decimal digits, a dot and the body as it is sent.
func Signature(secret string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(strconv.AppendInt(nil, at.Unix(), 10))
	mac.Write([]byte{'.'})
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}
