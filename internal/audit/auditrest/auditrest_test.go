package auditrest_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/audit/auditrest"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/rest"
)

type doors struct{}

func (doors) Authorize(_ context.Context, c rest.Credentials) (rest.Principal, error) {
	scopes := []string{"main"}
	if c.WebhookCode == "narrow" {
		scopes = nil
	}
	return rest.Principal{Kind: rest.ByWebhook, UserID: c.WebhookUserID, Admin: c.WebhookUserID == 1, ClientID: "hook", Scopes: scopes}, nil
}

// serve returns a portal with three entries, an hour apart.
func serve(t *testing.T, d *db.DB) http.Handler {
	t.Helper()
	clk := clock.NewManual(time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC))
	log := audit.New(d, clk)
	ctx := audit.WithSource(t.Context(), audit.Source{UserID: 7, Addr: "10.0.0.9", Agent: "Browser", URI: "/devops/app/add"})
	for _, e := range []audit.Entry{
		{Severity: audit.Security, Type: "USER_AUTHORIZE", Module: "user", Item: "7", Description: "Signed in."},
		{Type: "APP_ADDED", Module: "app", Item: "3", Description: "Added <ReportBot>."},
		{Type: "APP_DELETED", Module: "app", Item: "3", UserID: 1, Description: "Removed it."},
	} {
		if err := log.Record(ctx, e); err != nil {
			t.Fatal(err)
		}
		clk.Advance(time.Hour)
	}
	r := rest.NewRegistry()
	auditrest.Register(r, log)
	return rest.NewHandler(r, doors{}, clk, slog.New(slog.DiscardHandler))
}

const (
	second = `{"id":2,"timestampX":"2026-11-26T10:00:00+00:00","severity":"INFO","auditTypeId":"APP_ADDED","moduleId":"app","itemId":"3",` +
		`"remoteAddr":"10.0.0.9","userAgent":"Browser","requestUri":"/devops/app/add","siteId":"s1","userId":7,"guestId":0,` +
		`"description":"Added <ReportBot>."}`
	prefix = "BITRIX_REST_V3_EXCEPTION_"
)

func TestEventLog(t *testing.T) {
	t.Parallel()
	const hook = "1/code"
	dbtest.Run(t, []db.Schema{audit.Schema()}, func(t *testing.T, d *db.DB) {
		h := serve(t, d)
		for _, c := range []struct {
			who, method, params string
			status              int
			want                string // the result or the error
		}{
			{hook, "get", `{"id":2}`, 200, `{"item":` + second + `}`},
			{hook, "get", `{"id":2,"select":["description","id","nothing"]}`, 200, `{"item":{"id":2,"description":"Added <ReportBot>."}}`},
			{hook, "get", `{"id":999999}`, 400, `{"code":"` + prefix + `ENTITYNOTFOUNDEXCEPTION","message":"Entry with ID = ` + "`999999`" + ` not found"}`},
			{
				hook, "get", `{}`, 400, `{"code":"` + prefix + `VALIDATION_REQUESTVALIDATIONEXCEPTION","message":"Error validating request object",` +
					`"validation":[{"message":"Required field ` + "`id`" + ` is not specified","field":"id"}]}`,
			},
			{
				hook, "list", `{"select":["id"],"filter":[["timestampX",">=","2026-11-26T10:00:00+00:00"],["moduleId","app"]],"order":{"id":"DESC"}}`,
				200, `{"items":[{"id":3},{"id":2}]}`,
			},
			{hook, "list", `{"select":["id"],"pagination":{"page":2,"limit":2}}`, 200, `{"items":[{"id":3}]}`},
			{hook, "list", `{"filter":[["auditTypeId","APP_ADDED"]]}`, 200, `{"items":[` + second + `]}`},
			{hook, "list", `{"filter":[["userId",1],["id",1]]}`, 200, `{"items":[]}`},
			{hook, "list", `{"pagination":{"limit":"abc"}}`, 400, `{"code":"` + prefix + `INVALIDPAGINATIONEXCEPTION","message":"Unable to recognize pagination parameter ` + "`" + `{\"limit\":\"abc\"}` + "`" + `"}`},
			{hook, "list", `{"filter":[["nothing",1]]}`, 400, `{"code":"` + prefix + `UNKNOWNDTOPROPERTYEXCEPTION","message":"Unknown field ` + "`nothing` for entity `EventLogDto`" + `"}`},
			{hook, "tail", `{"select":["id"],"cursor":{"field":"id","value":1,"order":"ASC"}}`, 200, `{"items":[{"id":2},{"id":3}]}`},
			{hook, "tail", `{"select":["id"],"filter":[["moduleId","user"]]}`, 200, `{"items":[{"id":1}]}`},
			{hook, "tail", `{"filter":[["id",">",1]],"cursor":{"field":"id"}}`, 400, `{"code":"` + prefix + `INVALIDFILTEREXCEPTION","message":"Unable to recognize filter expression ` + "`Cursor field id cannot be used at filter.`" + `"}`},
			{hook, "tail", `{"cursor":{"limit":0}}`, 400, `{"code":"` + prefix + `INVALIDPAGINATIONEXCEPTION","message":"Unable to recognize pagination parameter ` + "`" + `{\"limit\":0}` + "`" + `"}`},
			{
				hook, "field.get", `{"name":"timestampX","select":["name","type","filterable","sortable","multiple"]}`, 200,
				`{"item":{"name":"timestampX","type":"object","filterable":true,"sortable":true,"multiple":false}}`,
			},
			{hook, "field.get", `{"name":"x"}`, 400, `{"code":"BITRIX_REST_V3_REALISATION_EXCEPTION_FIELDNOTFOUNDEXCEPTION","message":"Field ` + "`x`" + ` not found"}`},
			{hook, "field.list", `{"select":["unknownField"]}`, 400, `{"code":"` + prefix + `UNKNOWNDTOPROPERTYEXCEPTION","message":"Unknown field ` + "`unknownField` for entity `DtoFieldDto`" + `"}`},
			{
				hook, "field.list", `{"select":["name"]}`, 200, `{"items":[{"name":"id"},{"name":"timestampX"},{"name":"severity"},{"name":"auditTypeId"},` +
					`{"name":"moduleId"},{"name":"itemId"},{"name":"remoteAddr"},{"name":"userAgent"},{"name":"requestUri"},{"name":"siteId"},` +
					`{"name":"userId"},{"name":"guestId"},{"name":"description"}]}`,
			},
			{"5/code", "list", `{}`, 403, `{"code":"` + prefix + `ACCESSDENIEDEXCEPTION","message":"Access denied"}`},
			{"1/narrow", "list", `{}`, 403, `{"code":"` + prefix + `INSUFFICIENTSCOPEEXCEPTION","message":"Insufficient permissions: required scope is missing"}`},
		} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/rest/api/"+c.who+"/main.eventlog."+c.method, strings.NewReader(c.params))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			var got struct{ Result, Error json.RawMessage }
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != c.status || string(got.Result)+string(got.Error) != c.want {
				t.Errorf("%s %s: %d %s %v\nwant %d %s", c.method, c.params, w.Code, w.Body, err, c.status, c.want)
			}
		}
	})
}
