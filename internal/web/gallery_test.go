package web_test

import (
	"context"
	"net/http"
	"os"
	"os/signal"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/web"
)

// TestGalleryServer serves the gallery as Anna at the address in PORTICO_GALLERY ("127.0.0.1:8090"), until interrupted.
func TestGalleryServer(t *testing.T) {
	addr := os.Getenv("PORTICO_GALLERY")
	if addr == "" {
		t.Skip("PORTICO_GALLERY is not set: it serves the component gallery to look at")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	h := gallery().Handler()
	srv := &http.Server{Addr: addr, ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("portico_session"); err != nil && r.URL.Path != "/login" {
			r.AddCookie(&http.Cookie{Name: "portico_session", Value: "anna"})
		}
		h.ServeHTTP(w, r)
	})}
	go func() {
		<-ctx.Done()
		_ = srv.Close()
	}()
	if err := srv.ListenAndServe(); err != nil && ctx.Err() == nil {
		t.Fatal(err)
	}
}

// oneCounter sends every page one event, so that the gallery shows a counter that came over the stream.
type oneCounter struct{}

func (oneCounter) Subscribe(int64) (<-chan []byte, func()) {
	events := make(chan []byte, 1)
	events <- []byte("event: counter\ndata: {\"id\":\"im\",\"count\":7}\n\n")
	return events, func() {}
}

func gallery() *web.Shell {
	s := web.New(web.Config{
		PortalName: "Northwind", Sessions: &sessions{theme: map[int64]string{}}, Live: oneCounter{},
		DevGallery: true, SignInNote: "Demo data: admin / portico-demo",
		Navigation: func(context.Context, web.Viewer) ([]web.NavItem, error) {
			return []web.NavItem{
				{ID: "im", Title: "Messenger", URL: "/ui/panes", Icon: "messenger", Count: 4},
				{ID: "tasks", Title: "Tasks", URL: "/ui", Icon: "tasks", Count: 12},
				{ID: "people", Title: "People", URL: "/people", Icon: "people"},
				{ID: "crm", Title: "CRM", URL: "/crm", Icon: "crm"},
				{ID: "feed", Title: "Feed", URL: "/feed", Icon: "feed"},
				{ID: "apps", Title: "Applications", URL: "/apps", Icon: "apps"},
				{ID: "app1", Title: "Report Builder", URL: "/app/1", App: true},
				{ID: "app2", Title: "Warehouse Map", URL: "/app/2", App: true},
			}, nil
		},
	})
	s.Search("People", func(context.Context, web.Viewer, string) ([]web.SearchHit, error) {
		return []web.SearchHit{{Title: "Marta Lindqvist", Subtitle: "Support lead", URL: "/ui/slider", Avatar: true, Slider: true}}, nil
	})
	s.Command(web.Command{Title: "New task", URL: "/ui/slider", Icon: "plus", Keys: "N", Slider: true})
	return s
}
