package connectorrest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/db"
)

const (
	registered = `200 {"result":{"result":true}`
	yes        = `200 {"result":true`
	authType   = `403 {"error":"WRONG_AUTH_TYPE","error_description":"Current authorization type is denied for this method Application context required"}`
	noLine     = `400 {"error":"NOT_ACTIVE_LINE","error_description":"The line with this ID is inactive or does not exist"}`
	noProvider = `400 {"error":"IMCONNECTOR_NO_CORRECT_PROVIDER","error_description":"Failed to find a suitable provider for the connector"}`

	site = `{"ID":"Site_Chat","NAME":"Site chat","ICON":{"DATA_IMAGE":"data:image/svg+xml,%3Csvg%20xmlns%3D%22http://www.w3.org/2000/svg%22/%3E","COLOR":"#69acc0","SIZE":"90%","POSITION":"center"},"PLACEMENT_HANDLER":"https://app.example/settings"}`
)

// refused is an error inside of the result.
func refused(code, text string) string {
	return fmt.Sprintf(`200 {"result":{"result":false,"error":%q,"error_description":%q}`, code, text)
}

func argument(name, text string) string {
	return fmt.Sprintf(`400 {"error":"ERROR_ARGUMENT","error_description":%q,"argument":%q}`, text, name)
}

func missing(name string) string { return argument(name, "Argument '"+name+"' is null or empty") }

// with returns the usual registration with something else in it.
func with(old, other string) string { return strings.Replace(site, old, other, 1) }

func TestRegister(t *testing.T) {
	t.Parallel()
	const (
		taken   = "Application registration error. The identifier belongs to another connector"
		general = "GENERAL_CONNECTOR_REGISTRATION_ERROR"
		whatIs  = "General connector registration error. "
	)
	noIcon := refused("ICON_REQUIRED", "Connector icon is not specified")
	run(t, func(t *testing.T, b *bench) {
		b.steps([]step{
			{"webhook", "imconnector.register", site, authType},
			{"narrow", "imconnector.register", site, `403 {"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token"}`},
			{"person", "imconnector.register", `{}`, refused("CONNECTOR_ID_REQUIRED", "Connector ID is not specified")},
			{"person", "imconnector.register", with(`"Site_Chat"`, `17`), refused("CONNECTOR_ID_REQUIRED", "Connector ID is not specified")},
			{"person", "imconnector.register", with("Site_Chat", "site.chat"), refused("APPLICATION_REGISTRATION_ERROR_POINT", "Application registration error. Using a dot in the connector identifier is not allowed")},
			{"person", "imconnector.register", with("Site_Chat", "site chat"), refused(general, whatIs+"ID must be made of digits, lowercase letters, _ and -, and no longer than 100 characters")},
			{"person", "imconnector.register", with(`"Site chat"`, `[]`), refused("NAME_REQUIRED", "Connector name is not specified")},
			{"person", "imconnector.register", with(`"ICON"`, `"ICONS"`), noIcon},
			{"person", "imconnector.register", with(`"DATA_IMAGE":"`, `"DATA_IMAGE":1,"X":"`), noIcon},
			{"person", "imconnector.register", with("data:image/svg+xml,", "data:text/html,"), refused(general, whatIs+"DATA_IMAGE is no picture in the form data:image/svg+xml,…")},
			{"person", "imconnector.register", with("%3Csvg", "%3Cp"), refused(general, whatIs+"DATA_IMAGE holds no SVG")},
			{"person", "imconnector.register", with("/%3E", strings.Repeat("x", connector.MaxIcon)), refused(general, whatIs+"DATA_IMAGE is larger than 64 KB")},
			{"person", "imconnector.register", with("https://app.example/settings", ""), refused("NO_PLACEMENT_HANDLER", "Failed to get embedding handler URL")},
			{"person", "imconnector.register", with("https://app.example/settings", "javascript:alert(1)"), refused(general, whatIs+"PLACEMENT_HANDLER must be an http or https address")},
			{"person", "imconnector.register", with("{", `{"CHAT_GROUP":"perhaps",`), refused(general, whatIs+"CHAT_GROUP must be true or false")},
			{"person", "imconnector.register", with("Site_Chat", "LiveChat"), refused("APPLICATION_REGISTRATION_ERROR", taken)},
			{"admin", "imconnector.list", `{}`, `200 {"result":{"livechat":"Live chat"}`},
			{"person", "imconnector.register", site, registered},
			{"other", "imconnector.register", with("Site chat", "Mine now"), refused("APPLICATION_REGISTRATION_ERROR", taken)},
			{"other", "imconnector.unregister", `{"ID":"site_chat"}`, refused("APPLICATION_UNREGISTRATION_ERROR", "Error unregistering the application")},
			{"admin", "imconnector.list", `{}`, `200 {"result":{"livechat":"Live chat","site_chat":"Site chat"}`},
			{"person", "imconnector.register", `{"id":"SITE_CHAT","name":"Chat","icon":{"data_image":"data:image/svg+xml;base64,PHN2Zy8+"},"placement_handler":"https://app.example/other","chat_group":"Y","need_signature":0}`, registered},
			{"admin", "imconnector.list", `{}`, `200 {"result":{"livechat":"Live chat","site_chat":"Chat"}`},
			{"person", "imconnector.list", `{}`, `400 {"error":"ACCESS_DENIED","error_description":"You don't have access to this action"}`},
			{"webhook", "imconnector.list", `{}`, authType},
		})
		j, err := b.connectors.Find(t.Context(), admin, "site_chat")
		if err != nil || !j.Group || j.Signature || !j.SystemMessages || j.Handler != "https://app.example/other" || j.Icon != (connector.Icon{Image: "data:image/svg+xml;base64,PHN2Zy8+"}) {
			t.Errorf("the connector is %+v, %v", j, err)
		}
		if len(b.places) != 1 || b.places["site_chat https://app.example/other"] != 1 {
			t.Errorf("bound are %v", b.places)
		}
		b.steps([]step{
			{"webhook", "imconnector.unregister", `{"ID":"site_chat"}`, authType},
			{"person", "imconnector.unregister", `{}`, refused("APPLICATION_UNREGISTRATION_ERROR", "Error unregistering the application")},
			{"person", "imconnector.unregister", `{"ID":"Site_chat"}`, registered},
			{"admin", "imconnector.list", `{}`, `200 {"result":{"livechat":"Live chat"}`},
		})
		if want := "CONNECTOR_REGISTER 1, CONNECTOR_UNREGISTER 1, CONNECTOR_UPDATE 1"; b.audited() != want || len(b.places) != 0 {
			t.Errorf("the audit log has %s, want %s; bound are %v", b.audited(), want, b.places)
		}
	})
}

func TestStatus(t *testing.T) {
	t.Parallel()
	answer := func(line int64, configured, status bool) string {
		return fmt.Sprintf(`200 {"result":{"LINE":%d,"CONNECTOR":"site_chat","ERROR":false,"CONFIGURED":%t,"STATUS":%t}`, line, configured, status)
	}
	run(t, func(t *testing.T, b *bench) {
		b.steps([]step{
			{"person", "imconnector.status", `{"CONNECTOR":"site_chat","LINE":2}`, noProvider},
			{"person", "imconnector.register", site, registered},
			{"person", "imconnector.status", `{}`, missing("CONNECTOR")},
			{"webhook", "imconnector.status", `{"CONNECTOR":"site_chat"}`, authType},
			{"person", "imconnector.status", `{"CONNECTOR":"Site_Chat","LINE":2}`, answer(2, false, false)},
			{"person", "imconnector.activate", `{"LINE":2,"ACTIVE":1}`, missing("CONNECTOR")},
			{"person", "imconnector.activate", `{"CONNECTOR":"site_chat","ACTIVE":1}`, missing("LINE")},
			{"person", "imconnector.activate", `{"CONNECTOR":"site_chat","LINE":"two","ACTIVE":1}`, argument("LINE", "Argument 'LINE' must be an integer")},
			{"person", "imconnector.activate", `{"CONNECTOR":"site_chat","LINE":2}`, missing("ACTIVE")},
			{"person", "imconnector.activate", `CONNECTOR=site_chat&LINE=0&ACTIVE=1`, noLine},
			{"person", "imconnector.activate", `{"CONNECTOR":"site_chat","LINE":3,"ACTIVE":1}`, noLine},
			{"other", "imconnector.activate", `{"CONNECTOR":"site_chat","LINE":2,"ACTIVE":1}`, noProvider},
			{"webhook", "imconnector.activate", `{"CONNECTOR":"site_chat","LINE":2,"ACTIVE":1}`, authType},
			{"person", "imconnector.activate", `CONNECTOR=site_chat&LINE=2&ACTIVE=1`, yes},
			{"person", "imconnector.status", `{"CONNECTOR":"site_chat","LINE":2}`, answer(2, false, false)},
			{"person", "imconnector.connector.data.set", `{"CONNECTOR":"site_chat","LINE":2}`, missing("DATA")},
			{"person", "imconnector.connector.data.set", `{"CONNECTOR":"site_chat","DATA":{"ID":"x"}}`, missing("LINE")},
			{"person", "imconnector.connector.data.set", `{"LINE":2,"DATA":{"ID":"x"}}`, missing("CONNECTOR")},
			{"webhook", "imconnector.connector.data.set", `{"CONNECTOR":"site_chat","LINE":2,"DATA":{"ID":"x"}}`, authType},
			{"other", "imconnector.connector.data.set", `{"CONNECTOR":"site_chat","LINE":2,"DATA":{"ID":"x"}}`, noProvider},
			{"person", "imconnector.connector.data.set", `{"CONNECTOR":"site_chat","LINE":3,"DATA":{"ID":"x"}}`, noLine},
			{"person", "imconnector.connector.data.set", `{"CONNECTOR":"site_chat","LINE":2,"DATA":{"ID":"` + strings.Repeat("x", 2001) + `"}}`, argument("DATA", "DATA[ID] must not be longer than 2000 bytes")},
			{"person", "imconnector.connector.data.set", `{"CONNECTOR":"site_chat","LINE":2,"DATA":{"URL":"javascript:alert(1)"}}`, argument("DATA", "DATA[URL] must be a full http or https address")},
			{"person", "imconnector.connector.data.set", `{"CONNECTOR":"site_chat","LINE":2,"DATA":{"URL":"https://x.example/","URL_IM":"/chat"}}`, argument("DATA", "DATA[URL_IM] must be a full http or https address")},
			{"person", "imconnector.connector.data.set", `CONNECTOR=site_chat&LINE=2&DATA[id]=c1&DATA[url_im]=https://x.example/&DATA[name]=Widget`, yes},
			{"person", "imconnector.status", `{"CONNECTOR":"site_chat","LINE":2}`, answer(2, true, true)},
			{"person", "imconnector.status", `{"CONNECTOR":"site_chat"}`, answer(0, false, false)},
			{"person", "imconnector.activate", `CONNECTOR=site_chat&LINE=2&ACTIVE=0`, yes},
			{"person", "imconnector.status", `{"CONNECTOR":"site_chat","LINE":2}`, answer(2, false, false)},
			{"person", "imconnector.activate", `{"CONNECTOR":"site_chat","LINE":2,"ACTIVE":"N"}`, yes},
			{"person", "imconnector.activate", `{"CONNECTOR":"site_chat","LINE":2,"ACTIVE":"on"}`, yes},
			{"person", "imconnector.status", `{"CONNECTOR":"site_chat","LINE":2}`, answer(2, true, true)},
			{"person", "imconnector.activate", `{"CONNECTOR":"site_chat","LINE":2,"ACTIVE":""}`, yes},
			{"person", "imconnector.status", `{"CONNECTOR":"site_chat","LINE":2}`, answer(2, false, false)},
		})
		j, err := b.connectors.Find(t.Context(), admin, "site_chat")
		if want := (connector.Channel{ID: "c1", URLIM: "https://x.example/", Name: "Widget"}); err != nil || j.On(2).Channel != want {
			t.Errorf("the channel is %+v, %v", j.On(2).Channel, err)
		}
	})
}

// TestWhatApplicationsAreToldOfLines connects and disconnects as people do in the Contact Center, deletes a line and removes an
// application.
func TestWhatApplicationsAreToldOfLines(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		ctx, person := t.Context(), who["person"]
		b.bind("OnImConnectorStatusDelete", "OnImConnectorLineDelete")
		b.steps([]step{{"person", "imconnector.register", site, registered}})
		employee := admin
		employee.ID, employee.Admin = person.UserID, false
		for what, err := range map[string]error{
			"connect": b.connectors.Connect(ctx, employee, "site_chat", 2), "disconnect": b.connectors.Disconnect(ctx, employee, "site_chat", 2),
			"move": b.connectors.Move(ctx, employee, "site_chat", 2, 7),
		} {
			if err != connector.ErrDenied { //nolint:errorlint // the fault itself
				t.Errorf("an employee may %s: %v", what, err)
			}
		}
		do := func(err error) {
			t.Helper()
			if err != nil {
				t.Error(err)
			}
		}
		if err := b.connectors.Connect(ctx, admin, "site_chat", 3); err == nil {
			t.Error("connected to a line that is not there")
		}
		do(b.connectors.Connect(ctx, admin, "site_chat", 2))
		do(b.connectors.Connect(ctx, admin, "site_chat", 2))
		if b.sent() != "" {
			t.Errorf("connecting sent %s", b.sent())
		}
		do(b.connectors.Move(ctx, admin, "site_chat", 2, 7))
		do(b.connectors.Disconnect(ctx, admin, "site_chat", 2)) // once more
		want := `3 ONIMCONNECTORSTATUSDELETE {"connector":"site_chat","line":2}`
		if got := b.sent(); got != want {
			t.Errorf("after a move\n got %s\nwant %s", got, want)
		}
		do(b.connectors.Connect(ctx, admin, "site_chat", 9))
		do(b.db.Write(ctx, func(tx *db.Tx) error { return b.connectors.LineDeletedTx(ctx, tx, 9, 1) }))
		want += "\n3 ONIMCONNECTORLINEDELETE 9"
		if got := b.sent(); got != want {
			t.Errorf("after a line was deleted\n got %s\nwant %s", got, want)
		}
		do(b.db.Write(ctx, func(tx *db.Tx) error { return b.connectors.RemoveAppTx(ctx, tx, 3) }))
		want += "\n3 ONIMCONNECTORSTATUSDELETE without tokens {\"connector\":\"site_chat\",\"line\":7}"
		if got := b.sent(); got != want {
			t.Errorf("after the application was removed\n got %s\nwant %s", got, want)
		}
		if want, got := "CONNECTOR_CONNECT 3, CONNECTOR_DISCONNECT 1, CONNECTOR_REGISTER 1", b.audited(); got != want {
			t.Errorf("the audit log has %s, want %s", got, want)
		}
		if len(b.places) != 0 {
			t.Errorf("bound are %v", b.places)
		}
	})
}
