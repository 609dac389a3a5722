package web_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/web"
)

func TestSearchFindsHitsAndCommands(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shell.Search("People", func(_ context.Context, v web.Viewer, q string) ([]web.SearchHit, error) {
		return []web.SearchHit{{Title: v.Name + " knows " + q, URL: "/p", Avatar: true}}, nil
	})
	b.shell.Search("Chats", func(context.Context, web.Viewer, string) ([]web.SearchHit, error) {
		return nil, errors.New("no index")
	})
	b.shell.Command(web.Command{Title: "New note", URL: "/notes/new", Keywords: "write", Slider: true})
	b.shell.Command(web.Command{Title: "Write rules", URL: "/rules", Admin: true})
	body := b.get("/search?q=+wri+", "ben").Body.String()
	has(t, body, "knows wri", `aria-label="People"`, `href="/notes/new" data-slider`)
	if strings.Contains(body, "Chats") || strings.Contains(body, "/rules") {
		t.Errorf("shows what failed or is not for ben:\n%s", body)
	}
	has(t, b.log.String(), "no index")
	has(t, b.get("/search?q=wri", "anna").Body.String(), `href="/rules"`)
	has(t, b.get("/search?q=", "ben").Body.String(), `href="/notes/"`)
	has(t, b.get("/search?q=rite", "broken", "Cookie", "portico_session=ben").Body.String(), "knows rite")
}
