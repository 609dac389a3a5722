package console

import (
	"strconv"
	"strings"
)

// Reason says in words why a handler did not take an event, by the status of its answer or what went wrong without one,
// and what mends it.
func Reason(status int, problem string) (code, why, fix string) {
	lower := strings.ToLower(problem)
	for _, r := range reasons {
		for _, sign := range r.signs {
			if strings.Contains(lower, sign) {
				return r.code, r.why, r.fix
			}
		}
	}
	switch {
	case problem != "":
		return "no_answer", "There was no whole answer: " + problem + ".", "Try the address from the machine of the portal."
	case status >= 500:
		return "handler_error", "The handler answered " + statusText(status) + ".", "Its program stopped with an error: look into its log."
	case status == 404 || status == 410:
		return "handler_gone", "The handler answered " + statusText(status) + ".", "There is nothing at the address: check its path."
	case status == 401 || status == 403:
		return "handler_denied", "The handler answered " + statusText(status) + ".", "Something before it asks for a sign-in or keeps the portal out."
	case status >= 300 && status < 400:
		return "handler_moved", "The handler answered " + statusText(status) + ". Redirects are not followed.", "Register the address to which it leads."
	}
	return "handler_refused", "The handler answered " + statusText(status) + ".", "A handler has to answer 200."
}

// reasons are what goes wrong before there is an answer, by what the error says.
var reasons = []struct {
	signs          []string
	code, why, fix string
}{
	{
		[]string{"connection refused"},
		"refused", "Nothing listens at the address of the handler.",
		"Start the handler, and check the port. From a container, the portal's 127.0.0.1 is the container itself.",
	},
	{
		[]string{"deadline exceeded", "timeout", "timed out"},
		"timeout", "The handler did not answer in time.",
		"Answer at once and work afterwards. A handler has 30 seconds.",
	},
	{
		[]string{"no such host", "server misbehaving"},
		"no_host", "The name in the handler's address is not known to the portal.",
		"Check the name, and that the machine of the portal can resolve it.",
	},
	{
		[]string{"x509", "certificate", "tls"},
		"certificate", "The portal does not trust the certificate of the handler.",
		"Give the handler a certificate of an authority that the portal's machine trusts, or use http inside your network.",
	},
	{
		[]string{"not allowed", "policy", "not permitted"},
		"forbidden_address", "The address of the handler is not allowed by the portal's policy.",
		"Allow it under Settings, Deliveries.",
	},
	{[]string{"reset by peer", "eof", "broke off"}, "broken_off", "The handler broke off before its answer was whole.", "Its program stopped: look into its log."},
	{[]string{"unreachable", "no route"}, "unreachable", "The machine of the handler cannot be reached.", "Check the network between the portal and the handler."},
}

// fixes say what mends an error of the REST API, by its code in lower case.
var fixes = map[string]string{
	"insufficient_scope":     "Give the application the permission that the method needs, on its page under Applications. Its tokens have it at once.",
	"expired_token":          "Use the access token of the event, or refresh the one that is kept: it is good for an hour.",
	"invalid_token":          "The token is not one of this portal, or was revoked. Use the access token of the event, or reinstall the application.",
	"no_auth_found":          "Send the access token of the event as the parameter auth. Without tokens in the event, nobody's rights were to be given.",
	"wrong_auth_type":        "This method wants the token of an application, not a webhook.",
	"error_method_not_found": "Check the spelling of the method; the composer lists all there are.",
	"access_denied":          "The person whose token it is may not do this. Use the bot's own token, or make the call as somebody who may.",
	"user_access_error":      "The application may not be used by this person.",
	"bot_id_error":           "Give the BOT_ID of a bot of this application; imbot.bot.list names them.",
	"dialog_id_empty":        "Give DIALOG_ID: data[PARAMS][DIALOG_ID] of the event.",
	"chat_id_empty":          "Give DIALOG_ID: data[PARAMS][DIALOG_ID] of the event.",
	"message_empty":          "Give the text as MESSAGE, or an ATTACH.",
	"query_limit_exceeded":   "The portal limits how often it is asked. Wait and try again, or raise the limit under Settings, Limits.",
	"operation_time_limit":   "The method is blocked for up to ten minutes because it took too much time. Ask for less at once.",
	"internal_server_error":  "That is the portal's own mistake: its log has the reason, under the id of the request.",
}

// FixFor says what mends an error of the REST API.
func FixFor(code string) string {
	if fix, ok := fixes[strings.ToLower(code)]; ok {
		return fix
	}
	return "The page of the method in the documentation says what the code means. Open the call to see what was sent."
}

// statusText writes a status of HTTP.
func statusText(status int) string {
	if status == 0 {
		return "nothing"
	}
	return strconv.Itoa(status)
}

// brokenAt are the verdicts by the link at which the chain breaks.
var brokenAt = map[string]int{
	"system": 0, "no_bot": 0, "not_member": 1, "lines_only": 1, "not_in_lines": 1, "no_handler": 1, "not_mentioned": 1, "no_event": 1,
	"forgotten": 1, "loop": 1, "joined_later": 1, "under_way": 2, "queued": 2, "no_call": 3, "working": 3, "unauthorized": 3, "call_failed": 3, "no_message": 4,
	"elsewhere": 4, "unknown": 4,
}

// links are the chain, up to the link where the verdict breaks it and what was never reached behind it.
func (s Story) links(v Verdict) []Link {
	at, known := brokenAt[v.Code]
	switch {
	case v.Code == "answered" || v.Code == "by_bot":
		at = 5
	case !known:
		at = 2 // whatever keeps a handler from taking the event
	}
	out := []Link{{Title: "The message"}, {Title: "An event was sent"}, {Title: "The handler took it"}, {Title: "The bot called the portal"}, {Title: "The answer is in this chat"}}
	if v.Code == "by_bot" {
		out[0].Title, out[4].Title = "A message to the bot", "The bot wrote this message"
	}
	for i := range out {
		switch {
		case i < at:
			out[i].Mark = Good
		case i == at && v.Code != "under_way" && v.Code != "working" && v.Code != "forgotten" && !v.Good:
			out[i].Mark = Bad
		default:
			out[i].Mark = Open
		}
	}
	if s.Delivery != nil {
		out[1].DeliveryID, out[2].DeliveryID = s.Delivery.ID, s.Delivery.ID
		out[1].Text = "To " + s.Delivery.URL
	}
	if n := len(s.Calls); n > 0 {
		out[3].CallID = s.Calls[n-1].ID
		out[3].Text = callsText(s.Calls)
	} else if n := len(s.Strangers); n > 0 && v.Code == "unauthorized" {
		out[3].CallID = s.Strangers[n-1].ID
	}
	if n := len(s.Replies); n > 0 {
		out[4].CallID = s.Replies[n-1].CallID
	}
	if v.Code == "by_bot" && s.Delivery == nil { // it may have written of its own accord
		for i := range 3 {
			out[i].Mark = Open
		}
		out[1].Text = "None is known: the bot may have written by itself."
	}
	return out
}

// callsText names the methods that were called.
func callsText(calls []Call) string {
	const shown = 4
	var names []string
	for i, c := range calls {
		if i == shown {
			return strings.Join(names, ", ") + " and " + strconv.Itoa(len(calls)-shown) + " more"
		}
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}
