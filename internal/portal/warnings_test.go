package portal_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

func TestAnswersWarnOfWhatDepartsFromTheDocumentationWhereThatIsTurnedOn(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	p, err := portal.Open(ctx, portal.Config{
		DB: dbtest.SQLiteConfig(t, portal.Schemas()...), PublicURL: func() string { return "http://portal.example" },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close(ctx) }()
	admin, _, err := p.EnsureAdmin(ctx, user.NewUser{Login: "admin", Password: "correct horse"})
	if err != nil {
		t.Fatal(err)
	}
	_, code, err := p.Apps.CreateWebhook(ctx, admin.Ref(), app.WebhookForm{Scopes: []string{app.AllScopes}})
	if err != nil {
		t.Fatal(err)
	}
	call := func() []string {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/rest/1/"+code+"/im.recent.list?SKIP_CHATS=Y&bx24_request_id=1", http.NoBody))
		if w.Code != http.StatusOK {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		return w.Header().Values("X-Portico-Warning")
	}
	if got := call(); got != nil {
		t.Errorf("warnings by default: %q", got)
	}
	err = p.DB.Write(ctx, func(tx *db.Tx) error {
		return setting.SaveTx(ctx, tx, p.Settings, setting.APIKey, setting.API{Warnings: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"There is no parameter SKIP_CHATS. Is SKIP_CHAT meant? See api-reference/chats/im-recent-list.md"}
	if got := call(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
