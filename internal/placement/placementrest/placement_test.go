package placementrest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/placement"
)

const ok = `200 {"result":true`

func TestBindGetAndUnbind(t *testing.T) {
	t.Parallel()
	run(t, func(_ *testing.T, b *bench) {
		b.steps([]step{
			{"admin", "placement.get", `{}`, `200 {"result":[]`},
			{"admin", "placement.bind", `{"PLACEMENT":"TASK_VIEW_TAB","HANDLER":"https://app.example/tab?a=1","TITLE":" Tab ","OPTIONS":{"groupId":"11,12","unknown":"x"}}`, ok},
			{"admin", "placement.bind", `{"placement":"task_view_tab","handler":"https://app.example/tab?a=1","LANG_ALL":{"DE":{"TITLE":"Reiter","GROUP_NAME":"Gruppe"},"en":{"TITLE":"Other tab"}}}`, ok},
			{"admin", "placement.bind", `{"PLACEMENT":"PAGE_BACKGROUND_WORKER","HANDLER":"http://localhost:9100/w","USER_ID":5,"OPTIONS":{"errorHandlerUrl":"http://localhost:9100/e","x":1}}`, ok},
			{"admin", "placement.bind", `{"PLACEMENT":"PAGE_BACKGROUND_WORKER","HANDLER":"http://localhost:9100/w","OPTIONS":{"errorHandlerUrl":"http://localhost:9100/e"}}`, ok},
			{"admin", "placement.bind", `{"PLACEMENT":"IM_TEXTAREA","HANDLER":"https://app.example/im","OPTIONS":{"iconName":"fa-rocket","context":"chat;LINES","color":"mint","role":"admin"}}`, ok},
			{"other", "placement.bind", `{"PLACEMENT":"CRM_DYNAMIC_183_DETAIL_ACTIVITY","HANDLER":"https://app.example/crm"}`, ok},
			{"admin", "placement.get", `{}`, `200 {"result":[` +
				`{"placement":"TASK_VIEW_TAB","userId":0,"handler":"https://app.example/tab?a=1","options":{"groupId":"11,12"},"title":"Tab","description":"","langAll":{"en":{"TITLE":"Tab","DESCRIPTION":"","GROUP_NAME":""}}},` +
				`{"placement":"TASK_VIEW_TAB","userId":0,"handler":"https://app.example/tab?a=1","options":[],"title":"Other tab","description":"","langAll":{"de":{"TITLE":"Reiter","DESCRIPTION":"","GROUP_NAME":"Gruppe"},"en":{"TITLE":"Other tab","DESCRIPTION":"","GROUP_NAME":""}}},` +
				`{"placement":"PAGE_BACKGROUND_WORKER","userId":5,"handler":"http://localhost:9100/w","options":{"errorHandlerUrl":"http://localhost:9100/e"},"title":"","description":"","langAll":[]},` +
				`{"placement":"PAGE_BACKGROUND_WORKER","userId":0,"handler":"http://localhost:9100/w","options":{"errorHandlerUrl":"http://localhost:9100/e"},"title":"","description":"","langAll":[]},` +
				`{"placement":"IM_TEXTAREA","userId":0,"handler":"https://app.example/im","options":{"iconName":"fa-rocket","extranet":"N","context":"CHAT;LINES","role":"ADMIN","color":"MINT","width":"100","height":"100"},"title":"","description":"","langAll":[]}]`},
			{"other", "placement.get", ``, `200 {"result":[{"placement":"CRM_DYNAMIC_183_DETAIL_ACTIVITY","userId":0,"handler":"https://app.example/crm","options":{"useBuiltInInterface":"N"},"title":"","description":"","langAll":[]}]`},
			{"admin", "placement.unbind", `{"PLACEMENT":"TASK_VIEW_TAB","HANDLER":"https://app.example/other"}`, `200 {"result":{"count":0}`},
			{"admin", "placement.unbind", `{"PLACEMENT":"PAGE_BACKGROUND_WORKER","USER_ID":5}`, `200 {"result":{"count":2}`},
			{"admin", "placement.unbind", `{"PLACEMENT":"task_view_tab"}`, `200 {"result":{"count":4}`},
			{"admin", "placement.unbind", `{"PLACEMENT":"IM_TEXTAREA","HANDLER":"https://app.example/im"}`, `200 {"result":{"count":2}`},
			{"other", "placement.unbind", `{"PLACEMENT":"PAGE_BACKGROUND_WORKER"}`, `200 {"result":{"count":0}`},
			{"admin", "placement.get", `{}`, `200 {"result":[{"placement":"PAGE_BACKGROUND_WORKER","userId":0,"handler":"http://localhost:9100/w","options":{"errorHandlerUrl":"http://localhost:9100/e"},"title":"","description":"","langAll":[]}]`},
		})
		want := "PLACEMENT_BIND 6, PLACEMENT_UNBIND 3"
		if got := b.audited(); got != want {
			b.t.Errorf("the audit log has %s, want %s", got, want)
		}
	})
}

// audited counts the entries of the audit log by their type.
func (b *bench) audited() string {
	b.t.Helper()
	var out []string
	err := b.db.Read(b.t.Context(), func(tx *db.Tx) error {
		rows, err := tx.Query(b.t.Context(), "SELECT type, COUNT(*) FROM audit_entry GROUP BY type ORDER BY type")
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var name string
			var n int64
			if err := rows.Scan(&name, &n); err != nil {
				return err
			}
			out = append(out, fmt.Sprintf("%s %d", name, n))
		}
		return rows.Err()
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.Join(out, ", ")
}

func TestWhatCannotBeBound(t *testing.T) {
	t.Parallel()
	argument := func(name, text string) string {
		return fmt.Sprintf(`400 {"error":"ERROR_ARGUMENT","error_description":%q,"argument":%q}`, text, name)
	}
	const (
		unknown  = `400 {"error":"ERROR_PLACEMENT_NOT_FOUND","error_description":"Placement not found"}`
		wrongURL = `400 {"error":"ERROR_WRONG_HANDLER_URL","error_description":"Wrong handler URL"}`
		worker   = `{"PLACEMENT":"PAGE_BACKGROUND_WORKER","HANDLER":"http://h/","OPTIONS":{"errorHandlerUrl":"http://h/e"}}`
		tooMany  = `400 {"error":"ERROR_PLACEMENT_MAX_COUNT","error_description":"The application has bound as many handlers to the placement as it may"}`
	)
	run(t, func(_ *testing.T, b *bench) {
		b.steps([]step{
			{"person", "placement.bind", `{"PLACEMENT":"LEFT_MENU","HANDLER":"http://h/"}`, `403 {"error":"ACCESS_DENIED","error_description":"Access denied! Administrator rights required"}`},
			{"person", "placement.get", `{}`, `403 {"error":"ACCESS_DENIED","error_description":"Access denied! Administrator rights required"}`},
			{"narrow", "placement.bind", `{"PLACEMENT":"LEFT_MENU","HANDLER":"http://h/"}`, `403 {"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token"}`},
			{"webhook", "placement.bind", `{"PLACEMENT":"LEFT_MENU","HANDLER":"http://h/"}`, `403 {"error":"WRONG_AUTH_TYPE","error_description":"Current authorization type is denied for this method Application context required"}`},
			{"webhook", "placement.list", `{}`, `403 {"error":"WRONG_AUTH_TYPE","error_description":"Current authorization type is denied for this method Application context required"}`},
			{"admin", "placement.bind", `{"HANDLER":"http://h/"}`, argument("PLACEMENT", "Argument 'PLACEMENT' is null or empty")},
			{"admin", "placement.bind", `{"PLACEMENT":"LEFT_MENU"}`, argument("HANDLER", "Argument 'HANDLER' is null or empty")},
			{"admin", "placement.unbind", `{}`, argument("PLACEMENT", "Argument 'PLACEMENT' is null or empty")},
			{"admin", "placement.unbind", `{"PLACEMENT":["LEFT_MENU"]}`, argument("PLACEMENT", "The value of an argument 'PLACEMENT' must be of type string")},
			{"admin", "placement.bind", `{"PLACEMENT":"NO_SUCH","HANDLER":"http://h/"}`, unknown},
			{"admin", "placement.bind", `{"PLACEMENT":"CRM_DEAL_DETAIL_TAB","HANDLER":"http://h/"}`, unknown}, // without the scope crm
			{"other", "placement.bind", `{"PLACEMENT":"CRM_DYNAMIC_XXX_DETAIL_TAB","HANDLER":"http://h/"}`, unknown},
			{"other", "placement.bind", `{"PLACEMENT":"CRM_DYNAMIC_07_DETAIL_TAB","HANDLER":"http://h/"}`, unknown},
			{"other", "placement.bind", `{"PLACEMENT":"CRM_CONTACT_ROBOT_DESIGNER_TOOLBAR","HANDLER":"http://h/"}`, unknown},
			{"admin", "placement.bind", `{"PLACEMENT":"SETTING_CONNECTOR","HANDLER":"http://h/"}`, unknown},
			{"admin", "placement.bind", `{"PLACEMENT":"USERFIELD_TYPE","HANDLER":"http://h/"}`, unknown},
			{"admin", "placement.bind", `{"PLACEMENT":"LEFT_MENU","HANDLER":"/path"}`, wrongURL},
			{"admin", "placement.bind", `{"PLACEMENT":"LEFT_MENU","HANDLER":"https:///path"}`, wrongURL},
			{"admin", "placement.bind", `{"PLACEMENT":"LEFT_MENU","HANDLER":"https://u:p@h/path"}`, wrongURL},
			{"admin", "placement.bind", `{"PLACEMENT":"LEFT_MENU","HANDLER":"ftp://h/"}`, `400 {"error":"ERROR_UNSUPPORTED_PROTOCOL","error_description":"Unsupported handler protocol"}`},
			{"admin", "placement.bind", `{"PLACEMENT":"LEFT_MENU","HANDLER":"http://h/","USER_ID":5}`, `400 {"error":"ERROR_PLACEMENT_USER_MODE","error_description":"User mode is not available"}`},
			{"admin", "placement.bind", `{"PLACEMENT":"PAGE_BACKGROUND_WORKER","HANDLER":"http://h/","USER_ID":77,"OPTIONS":{"errorHandlerUrl":"http://h/e"}}`, argument("USER_ID", "There is no such user")},
			{"admin", "placement.bind", `{"PLACEMENT":"PAGE_BACKGROUND_WORKER","HANDLER":"http://h/"}`, `400 {"error":"EMPTY_ERROR_HANDLER_URL","error_description":"OPTIONS[errorHandlerUrl] must name the address that hears of the handler's removal"}`},
			{"admin", "placement.bind", worker, ok},
			{"admin", "placement.bind", strings.ReplaceAll(worker, "//h/", "//g/"), tooMany},
			{"admin", "placement.bind", `{"PLACEMENT":"REST_APP_URI","HANDLER":"http://h/","OPTIONS":{"x":1}}`, ok},
			{"admin", "placement.bind", `{"PLACEMENT":"REST_APP_URI","HANDLER":"http://g/"}`, tooMany},
			{"admin", "placement.bind", `{"PLACEMENT":"LEFT_MENU","HANDLER":"http://h/"}`, ok},
			{"admin", "placement.bind", `{"PLACEMENT":"LEFT_MENU","HANDLER":"http://h/"}`, `400 {"error":"ERROR_CORE","error_description":"Unable to set placement handler: Handler already binded"}`},
			{"admin", "placement.bind", `{"PLACEMENT":"LEFT_MENU","HANDLER":"http://h/","LANG_ALL":"de"}`, argument("LANG_ALL", "Argument 'LANG_ALL' must be an object of up to 50 languages")},
			{"admin", "placement.bind", `{"PLACEMENT":"LEFT_MENU","HANDLER":"http://h/","LANG_ALL":{"de":"x"}}`, argument("LANG_ALL[de]", "Argument 'LANG_ALL[de]' must be a language with an object of its texts")},
			{"admin", "placement.bind", `{"PLACEMENT":"LEFT_MENU","HANDLER":"http://h/","OPTIONS":"x"}`, argument("OPTIONS", "Argument 'OPTIONS' must be an object")},
			{"admin", "placement.bind", `{"PLACEMENT":"LEFT_MENU","HANDLER":"http://h/","TITLE":"` + strings.Repeat("x", 256) + `"}`, argument("TITLE", "Argument 'TITLE' must not be longer than 255 bytes")},
			{"admin", "placement.bind", `{"PLACEMENT":"IM_SIDEBAR","HANDLER":"http://h/"}`, argument("iconName", "Argument 'iconName' is null or empty")},
			{"admin", "placement.bind", `{"PLACEMENT":"IM_SIDEBAR","HANDLER":"http://h/","OPTIONS":{"iconName":"fa\"x"}}`, argument("iconName", "OPTIONS[iconName] must be a name of Latin letters, digits, spaces and -, up to 50 characters")},
			{"admin", "placement.bind", `{"PLACEMENT":"IM_SIDEBAR","HANDLER":"http://h/","OPTIONS":{"iconName":"fa-x","color":"WHITE"}}`, argument("color", "OPTIONS[color] must be one of RED, GREEN, MINT, LIGHT_BLUE, DARK_BLUE, PURPLE, AQUA, PINK, LIME, BROWN, AZURE, KHAKI, SAND, ORANGE, MARENGO, GRAY, GRAPHITE")},
			{"admin", "placement.bind", `{"PLACEMENT":"IM_TEXTAREA","HANDLER":"http://h/","OPTIONS":{"iconName":"fa-x","width":-1}}`, argument("width", "OPTIONS[width] must be a whole number, 0 or more")},
			{"admin", "placement.bind", `{"PLACEMENT":"IM_CONTEXT_MENU","HANDLER":"http://h/","OPTIONS":{"context":"ROOM"}}`, `400 {"error":"INVALID_ERROR_CONTEXT","error_description":"OPTIONS[context] must be ALL, or USER, CHAT, LINES and CRM separated by ;"}`},
			{"admin", "placement.bind", `{"PLACEMENT":"IM_CONTEXT_MENU","HANDLER":"http://h/","OPTIONS":{"extranet":"X"}}`, `400 {"error":"INVALID_ERROR_EXTRANET","error_description":"OPTIONS[extranet] must be Y or N"}`},
			{"admin", "placement.bind", `{"PLACEMENT":"IM_CONTEXT_MENU","HANDLER":"http://h/","OPTIONS":{"role":"BOSS"}}`, `400 {"error":"INVALID_ERROR_ROLE","error_description":"OPTIONS[role] must be USER or ADMIN"}`},
		})
	})
}

func TestTheListOfPlaces(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		const (
			global = `"BI_ANALYTICS_MENU","IMMOBILE_CONTEXT_MENU","IM_CONTEXT_MENU","IM_NAVIGATION","IM_SIDEBAR","IM_SMILES_SELECTOR","IM_TEXTAREA","LEFT_MENU","PAGE_BACKGROUND_WORKER","REST_APP_URI"`
			tasks  = `"TASK_GROUP_LIST_TOOLBAR","TASK_LIST_CONTEXT_MENU","TASK_ROBOT_DESIGNER_TOOLBAR","TASK_USER_LIST_TOOLBAR","TASK_VIEW_SIDEBAR","TASK_VIEW_TAB","TASK_VIEW_TOP_PANEL"`
		)
		b.steps([]step{
			{"person", "placement.list", `{}`, `200 {"result":[` + global + `,` + tasks + `]`},
			{"admin", "placement.list", `{"SCOPE":"placement","FULL":true}`, `200 {"result":[` + global + `]`},
			{"other", "placement.list", `{"SCOPE":"task"}`, `200 {"result":[` + tasks + `]`},
			{"admin", "placement.list", `{"SCOPE":"nothing"}`, `200 {"result":[]`},
			{"admin", "placement.list", `{"SCOPE":"user"}`, `200 {"result":["USER_PROFILE_MENU","USER_PROFILE_TOOLBAR"]`},
		})
		full := b.call("admin", "placement.list", `{"FULL":"Y"}`)
		if n := strings.Count(full, `"`) / 2; n != len(placement.Bindable())+1 {
			t.Errorf("the full list has %d codes, want %d: %s", n-1, len(placement.Bindable()), full)
		}
	})
}

func TestAnApplicationHasALimitedNumberOfHandlers(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		for i := range placement.MaxHandlers {
			if got := b.call("admin", "placement.bind", fmt.Sprintf(`{"PLACEMENT":"LEFT_MENU","HANDLER":"http://h/%d"}`, i)); got != ok {
				t.Fatal(got)
			}
		}
		if got := b.call("admin", "placement.bind", `{"PLACEMENT":"LEFT_MENU","HANDLER":"http://h/"}`); !strings.Contains(got, "ERROR_PLACEMENT_MAX_COUNT") {
			t.Errorf("one more: %s", got)
		}
	})
}
