package placementrest_test

import (
	"errors"
	"testing"

	"github.com/portico-hq/portico/internal/placement"
)

func TestFieldTypes(t *testing.T) {
	t.Parallel()
	const (
		one      = `{"USER_TYPE_ID":"one","HANDLER":"https://app.example/1","TITLE":"One","DESCRIPTION":"First","OPTIONS":{"height":40}}`
		bound    = `400 {"error":"ERROR_CORE","error_description":"Unable to set placement handler: Handler already binded"}`
		notFound = `400 {"error":"ERROR_NOT_FOUND","error_description":"User Field Type not found"}`
		longCode = `400 {"error":"ERROR_ARGUMENT","error_description":"Argument 'USER_TYPE_ID' must be made of a-z, 0-9 and _, and rest_3_ with it no longer than 50 characters","argument":"USER_TYPE_ID"}`
	)
	run(t, func(t *testing.T, b *bench) {
		b.steps([]step{
			{"admin", "userfieldtype.list", `{}`, `200 {"result":[],"total":0`},
			{"person", "userfieldtype.add", one, `403 {"error":"ACCESS_DENIED","error_description":"Access denied! Administrator rights required"}`},
			{"webhook", "userfieldtype.add", one, `403 {"error":"WRONG_AUTH_TYPE","error_description":"Current authorization type is denied for this method Application context required"}`},
			{"admin", "userfieldtype.add", one, ok},
			{"admin", "userfieldtype.add", one, bound},
			{"admin", "userfieldtype.add", `{"USER_TYPE_ID":"two","HANDLER":"https://app.example/1"}`, bound},
			{"other", "userfieldtype.add", `{"USER_TYPE_ID":"one","HANDLER":"https://other.example/1"}`, bound},
			{"admin", "userfieldtype.add", `{"USER_TYPE_ID":"two","HANDLER":"https://other.example/2"}`, `400 {"error":"ERROR_HANDLER_URL_MATCH","error_description":"Handler URL host doesn't match application url"}`},
			{"admin", "userfieldtype.add", `{"USER_TYPE_ID":"two","HANDLER":"app.example/2"}`, `400 {"error":"ERROR_WRONG_HANDLER_URL","error_description":"Wrong handler URL"}`},
			{"admin", "userfieldtype.add", `{"HANDLER":"https://app.example/2"}`, `400 {"error":"ERROR_ARGUMENT","error_description":"Argument 'USER_TYPE_ID' is null or empty","argument":"USER_TYPE_ID"}`},
			{"admin", "userfieldtype.add", `{"USER_TYPE_ID":"two"}`, `400 {"error":"ERROR_ARGUMENT","error_description":"Argument 'HANDLER' is null or empty","argument":"HANDLER"}`},
			{"admin", "userfieldtype.add", `{"USER_TYPE_ID":"Two","HANDLER":"https://app.example/2"}`, longCode},
			{"admin", "userfieldtype.add", `{"USER_TYPE_ID":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","HANDLER":"https://app.example/2"}`, longCode},
			{"admin", "userfieldtype.add", `{"USER_TYPE_ID":"two","HANDLER":"https://app.example/2","OPTIONS":{"height":"tall"}}`, `400 {"error":"ERROR_ARGUMENT","error_description":"OPTIONS[height] must be a whole number","argument":"OPTIONS"}`},
			{"admin", "userfieldtype.add", `{"USER_TYPE_ID":"two","HANDLER":"https://app.example/2","OPTIONS":{"height":-1}}`, `400 {"error":"ERROR_ARGUMENT","error_description":"OPTIONS[height] must be between 0 and 10000","argument":"OPTIONS"}`},
			{"admin", "userfieldtype.add", `{"USER_TYPE_ID":"two","HANDLER":"https://app.example/2"}`, ok},
			{"admin", "userfieldtype.list", `{}`, `200 {"result":[{"USER_TYPE_ID":"two","HANDLER":"https://app.example/2","TITLE":"","DESCRIPTION":""},{"USER_TYPE_ID":"one","HANDLER":"https://app.example/1","TITLE":"One","DESCRIPTION":"First"}],"total":2`},
			{"other", "userfieldtype.list", `{}`, `200 {"result":[],"total":0`},
			{"admin", "userfieldtype.update", `{"USER_TYPE_ID":"two","HANDLER":"https://app.example/1","TITLE":"Two"}`, bound},
			{"admin", "userfieldtype.update", `{"USER_TYPE_ID":"three","HANDLER":"https://app.example/3","TITLE":"Three"}`, notFound},
			{"other", "userfieldtype.update", `{"USER_TYPE_ID":"one","HANDLER":"https://app.example/3","TITLE":"Three"}`, notFound},
			{"admin", "userfieldtype.update", `{"USER_TYPE_ID":"one","HANDLER":"https://app.example/9","TITLE":"Uno"}`, ok},
			{"other", "userfieldtype.delete", `{"USER_TYPE_ID":"two"}`, notFound},
			{"admin", "userfieldtype.delete", `{}`, `400 {"error":"ERROR_ARGUMENT","error_description":"Argument 'USER_TYPE_ID' is null or empty","argument":"USER_TYPE_ID"}`},
			{"admin", "userfieldtype.delete", `{"USER_TYPE_ID":"two"}`, ok},
			{"admin", "userfieldtype.delete", `{"USER_TYPE_ID":"two"}`, notFound},
			{"admin", "userfieldtype.list", `{}`, `200 {"result":[{"USER_TYPE_ID":"one","HANDLER":"https://app.example/9","TITLE":"Uno","DESCRIPTION":""}],"total":1`},
		})
		if want, got := "USERFIELD_TYPE_ADD 2, USERFIELD_TYPE_DELETE 1, USERFIELD_TYPE_UPDATE 1", b.audited(); got != want {
			t.Errorf("the audit log has %s, want %s", got, want)
		}
		f, err := b.places.FieldType(t.Context(), placement.Viewer{UserID: 5}, "rest_3_one")
		if err != nil || f.App.Name != "Three" || f.Height != 40 || f.URL != "https://app.example/9" {
			t.Errorf("the type is %+v, %v", f, err)
		}
		if _, err := b.places.FieldType(t.Context(), placement.Viewer{UserID: 5}, "rest_4_one"); !errors.Is(err, placement.ErrFieldType) {
			t.Errorf("a type of the other application: %v", err)
		}
	})
}
