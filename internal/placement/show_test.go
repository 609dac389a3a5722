package placement_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/placement"
	"github.com/portico-hq/portico/internal/user"
)

// apps are the installed applications of a test.
type apps map[int64]placement.App

func (a apps) Usable(context.Context, int64) (map[int64]placement.App, error) { return a, nil }

func (a apps) URL(context.Context, int64) (string, error) { return "", nil }

type everybody struct{}

func (everybody) Exists(context.Context, int64) (bool, error) { return true, nil }

var (
	schemas = []db.Schema{audit.Schema(), placement.Schema()}
	admin   = user.Ref{ID: 1, Admin: true}
)

func service(d *db.DB, a apps) *placement.Service {
	clk := clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	return placement.New(placement.Config{DB: d, Clock: clk, Apps: a, Users: everybody{}, Audit: audit.New(d, clk)})
}

// bind binds with all permissions. Options and languages are JSON.
func bind(t *testing.T, s *placement.Service, b placement.Binding, options, langs string) {
	t.Helper()
	for raw, to := range map[string]*phpform.Value{options: &b.Options, langs: &b.Langs} {
		if raw == "" {
			continue
		}
		if err := to.UnmarshalJSON([]byte(raw)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Bind(t.Context(), admin, b, func(string) bool { return true }); err != nil {
		t.Fatal(err)
	}
}

func titles(t *testing.T, s *placement.Service, v placement.Viewer, w placement.Where) string {
	t.Helper()
	handlers, err := s.For(t.Context(), v, w)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, h := range handlers {
		out = append(out, h.Title)
	}
	return strings.Join(out, ",")
}

func TestWhoSeesWhat(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s := service(d, apps{
			3: {ID: 3, Name: "Three", Scopes: []string{"placement", "task"}},
			5: {ID: 5, Name: "Five", Scopes: []string{"task"}}, // the permission for places was taken away
		})
		tab := func(appID int64, title, options, langs string) {
			b := placement.Binding{AppID: appID, Code: "TASK_VIEW_TAB", URL: "http://h/", Text: placement.Text{Title: title}}
			bind(t, s, b, options, langs)
		}
		tab(3, "all", "", `{"de":{"TITLE":"alle"}}`)
		tab(3, "", `{"groupId":"11, 12"}`, "")
		tab(4, "not installed", "", "")
		tab(5, "no permission", "", "")
		im := func(title, options string) {
			bind(t, s, placement.Binding{AppID: 3, Code: "IM_CONTEXT_MENU", URL: "http://h/", Text: placement.Text{Title: title}}, options, "")
		}
		im("groups", `{"context":"CHAT"}`)
		im("administrators", `{"role":"ADMIN"}`)
		im("outsiders", `{"extranet":"Y"}`)
		worker := placement.Binding{AppID: 3, Code: placement.BackgroundWorker, URL: "http://h/", UserID: 7, Text: placement.Text{Title: "seven"}}
		bind(t, s, worker, `{"errorHandlerUrl":"http://h/e"}`, "")
		for _, c := range []struct {
			what   string
			viewer placement.Viewer
			where  placement.Where
			want   string
		}{
			{"a task without a project", placement.Viewer{UserID: 5}, placement.Where{Code: "TASK_VIEW_TAB"}, "all"},
			{"a task of a project", placement.Viewer{UserID: 5}, placement.Where{Code: "TASK_VIEW_TAB", ProjectID: 12}, "all,Three"},
			{"a German", placement.Viewer{UserID: 5, Language: "DE"}, placement.Where{Code: "TASK_VIEW_TAB", ProjectID: 1}, "alle"},
			{"a private chat", placement.Viewer{UserID: 5}, placement.Where{Code: "IM_CONTEXT_MENU", Chat: placement.PrivateChat}, "outsiders"},
			{"a group", placement.Viewer{UserID: 5}, placement.Where{Code: "IM_CONTEXT_MENU", Chat: placement.GroupChat}, "groups,outsiders"},
			{"an administrator", placement.Viewer{UserID: 1, Admin: true}, placement.Where{Code: "IM_CONTEXT_MENU", Chat: placement.CRMChat}, "administrators,outsiders"},
			{"an outsider", placement.Viewer{UserID: 8, Extranet: true}, placement.Where{Code: "IM_CONTEXT_MENU", Chat: placement.GroupChat}, "outsiders"},
			{"their own worker", placement.Viewer{UserID: 7}, placement.Where{Code: placement.BackgroundWorker}, "seven"},
			{"somebody else's worker", placement.Viewer{UserID: 1, Admin: true}, placement.Where{Code: placement.BackgroundWorker}, ""},
			{"a place where nothing is", placement.Viewer{UserID: 1}, placement.Where{Code: placement.LeftMenu}, ""},
		} {
			if got := titles(t, s, c.viewer, c.where); got != c.want {
				t.Errorf("%s: %q, want %q", c.what, got, c.want)
			}
		}
	})
}

func TestOpenIsForThoseWhoSeeTheHandler(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		s := service(d, apps{3: {ID: 3, Name: "Three", Scopes: []string{"placement"}}})
		bind(t, s, placement.Binding{AppID: 3, Code: "IM_CONTEXT_MENU", URL: "http://h/x"}, `{"role":"ADMIN"}`, "")
		bound, err := s.OfApp(t.Context(), admin, 3)
		if err != nil || len(bound) != 1 {
			t.Fatal(bound, err)
		}
		h, err := s.Open(t.Context(), placement.Viewer{UserID: 1, Admin: true}, bound[0].ID)
		if err != nil || h.URL != "http://h/x" || h.Title != "Three" || h.App.ID != 3 {
			t.Errorf("an administrator opens %+v, %v", h, err)
		}
		if _, err := s.Open(t.Context(), placement.Viewer{UserID: 2}, bound[0].ID); !errors.Is(err, placement.ErrHandlerNotFound) {
			t.Errorf("a colleague opens it: %v", err)
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return s.RemoveAppTx(t.Context(), tx, 3) }); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Open(t.Context(), placement.Viewer{UserID: 1, Admin: true}, bound[0].ID); !errors.Is(err, placement.ErrHandlerNotFound) {
			t.Errorf("the handler of a removed application opens: %v", err)
		}
	})
}

func TestAHandlerBoundByAnotherProcessShows(t *testing.T) {
	t.Parallel()
	dbtest.RunPair(t, schemas, func(t *testing.T, here, there *db.DB) {
		a := apps{3: {ID: 3, Name: "Three", Scopes: []string{"placement"}}}
		s, other := service(here, a), service(there, a)
		where := placement.Where{Code: placement.LeftMenu}
		if got := titles(t, s, placement.Viewer{UserID: 1}, where); got != "" {
			t.Fatal(got)
		}
		noticed := make(chan struct{}, 1)
		here.Watch(func() {
			select {
			case noticed <- struct{}{}:
			default:
			}
		})
		bind(t, other, placement.Binding{AppID: 3, Code: placement.LeftMenu, URL: "http://h/"}, "", "")
		<-noticed
		if got := titles(t, s, placement.Viewer{UserID: 1}, where); got != "Three" {
			t.Errorf("the menu shows %q", got)
		}
	})
}

func TestThePlacesAreThoseOfTheDocumentation(t *testing.T) {
	t.Parallel()
	// Every line of the catalogue; XXX stands for types of records.
	catalogue := strings.FieldsSeq(`BI_ANALYTICS_MENU CALENDAR_GRIDVIEW CALL_CARD CONTACT_CENTER CRM_ANALYTICS_MENU CRM_ANALYTICS_TOOLBAR
		CRM_BANK_DETAIL_AUTOCOMPLETE CRM_DETAIL_SEARCH CRM_FUNNELS_TOOLBAR CRM_REQUISITE_AUTOCOMPLETE
		CRM_XXX_ACTIVITY_TIMELINE_MENU CRM_XXX_DETAIL_ACTIVITY CRM_XXX_DETAIL_TAB CRM_XXX_DETAIL_TOOLBAR
		CRM_XXX_DOCUMENTGENERATOR_BUTTON CRM_XXX_LIST_MENU CRM_XXX_LIST_TOOLBAR CRM_XXX_ROBOT_DESIGNER_TOOLBAR
		IM_CONTEXT_MENU IM_NAVIGATION IM_SIDEBAR IM_SMILES_SELECTOR IM_TEXTAREA IMMOBILE_CONTEXT_MENU LANDING_BLOCK_<CODE>
		LANDING_SETTINGS LEFT_MENU PAGE_BACKGROUND_WORKER REST_APP_URI SETTING_CONNECTOR SONET_GROUP_DETAIL_TAB
		SONET_GROUP_ROBOT_DESIGNER_TOOLBAR SONET_GROUP_TOOLBAR TASK_GROUP_LIST_TOOLBAR TASK_LIST_CONTEXT_MENU
		TASK_ROBOT_DESIGNER_TOOLBAR TASK_USER_LIST_TOOLBAR TASK_VIEW_SIDEBAR TASK_VIEW_TAB TASK_VIEW_TOP_PANEL
		TELEPHONY_ANALYTICS_MENU USER_PROFILE_MENU USER_PROFILE_TOOLBAR`)
	for code := range catalogue {
		code = strings.Replace(code, "XXX", "DEAL", 1)
		if code == "LANDING_BLOCK_<CODE>" {
			code = "LANDING_BLOCK_03.1"
		}
		if p, ok := placement.Find(code); !ok || p.Code != code || p.Where == "" || !strings.HasSuffix(p.Page, ".md") {
			t.Errorf("%s: %+v, %v", code, p, ok)
		}
	}
	codes := map[string]bool{}
	for _, p := range placement.Places() {
		if codes[p.Code] {
			t.Errorf("%s is there twice", p.Code)
		}
		codes[p.Code] = true
	}
	if !slices.IsSortedFunc(placement.Places(), func(a, b placement.Place) int { return strings.Compare(a.Code, b.Code) }) {
		t.Error("the places are not sorted")
	}
	for code, known := range map[string]bool{
		"crm_dynamic_183_detail_tab": true, "CRM_DYNAMIC_183_CARD": false, "CRM_DYNAMIC_0_DETAIL_TAB": false,
		"CRM_DYNAMIC__DETAIL_TAB": false, "CRM_DYNAMIC_XXX_DETAIL_TAB": false, "LANDING_BLOCK_": false, "": false,
	} {
		if _, ok := placement.Find(code); ok != known {
			t.Errorf("Find(%q) = %v, want %v", code, ok, known)
		}
	}
}

func FuzzBinding(f *testing.F) {
	f.Add("IM_TEXTAREA", "https://h/", `{"iconName":"fa-x","context":"CHAT;;LINES","width":"1e3"}`, `{"de":{"TITLE":"x"}}`)
	f.Add("CRM_DYNAMIC_1_DETAIL_TAB", "http://h:1/?#", `[]`, `{"de_DE":[]}`)
	f.Add("PAGE_BACKGROUND_WORKER", "http://[::1]/", `{"errorHandlerUrl":"http://"}`, `{"a":1}`)
	d := dbtest.SQLite(f, schemas...)
	s := service(d, apps{3: {ID: 3, Name: "Three", Scopes: []string{"placement"}}})
	f.Fuzz(func(t *testing.T, code, url, options, langs string) {
		b := placement.Binding{AppID: 3, Code: code, URL: url}
		if b.Options.UnmarshalJSON([]byte(options)) != nil || b.Langs.UnmarshalJSON([]byte(langs)) != nil {
			return
		}
		if err := s.Bind(t.Context(), admin, b, func(string) bool { return true }); err != nil {
			return
		}
		bound, err := s.OfApp(t.Context(), admin, 3) // what was taken can be read again
		if err != nil || len(bound) != 1 {
			t.Fatal(bound, err)
		}
		if n, err := s.Unbind(t.Context(), admin, 3, code, "", nil); err != nil || n != 1 {
			t.Fatalf("%d handlers of %q were removed, %v", n, code, err)
		}
	})
}
