package placement

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/db"
)

// Viewer is who looks at a page.
type Viewer struct {
	UserID   int64
	Admin    bool
	Extranet bool
	Language string // BCP 47; empty is the portal's
}

// Where says for which place, and for which of the things that it may be at, handlers are asked. What does not matter to a
// place stays zero.
type Where struct {
	Code      string
	Chat      ChatKind // of the chat in which a handler of the messenger shows
	ProjectID int64    // of the task on whose page a handler shows; 0: it has none
}

// For returns the handlers that a person sees at a place, in the order in which they were bound. Each has its App, and its
// texts in the language of the person.
func (s *Service) For(ctx context.Context, v Viewer, w Where) ([]Handler, error) {
	m, err := s.memory(ctx)
	if err != nil || len(m.byCode[w.Code]) == 0 {
		return nil, err
	}
	apps, err := s.apps.Usable(ctx, v.UserID)
	if err != nil {
		return nil, err
	}
	p, _ := Find(w.Code)
	var out []Handler
	for _, h := range m.byCode[w.Code] {
		if h.App = apps[h.AppID]; h.App.ID != 0 && p.openTo(h.App) && h.seenBy(v) && h.showsAt(w) {
			out = append(out, h.in(s.language(v)))
		}
	}
	return out, nil
}

// Open returns a handler that a person is about to open. Fault: HANDLER_NOT_FOUND when they do not see it.
func (s *Service) Open(ctx context.Context, v Viewer, id int64) (Handler, error) {
	m, err := s.memory(ctx)
	if err != nil {
		return Handler{}, err
	}
	h, ok := m.byID[id]
	if !ok || h.Code == SettingConnector { // that is opened with the connector that it is of
		return Handler{}, ErrHandlerNotFound
	}
	apps, err := s.apps.Usable(ctx, v.UserID)
	if err != nil {
		return Handler{}, err
	}
	p, _ := Find(h.Code)
	if h.App = apps[h.AppID]; h.App.ID == 0 || !p.openTo(h.App) || !h.seenBy(v) {
		return Handler{}, ErrHandlerNotFound
	}
	return h.in(s.language(v)), nil
}

func (s *Service) language(v Viewer) string {
	if v.Language == "" {
		return s.lang
	}
	return strings.ToLower(v.Language)
}

// openTo reports whether the application still has the permissions for the place.
func (p Place) openTo(a App) bool {
	return slices.Contains(a.Scopes, Global) && (p.Scope == Global || slices.Contains(a.Scopes, p.Scope))
}

func (h Handler) seenBy(v Viewer) bool {
	switch {
	case h.UserID != 0 && h.UserID != v.UserID:
		return false
	case h.Option.Get("role") == "ADMIN" && !v.Admin:
		return false
	case v.Extranet && h.Option.Get("extranet") == "N":
		return false
	}
	return true
}

// showsAt reports whether the application wants its handler at the thing in question.
func (h Handler) showsAt(w Where) bool {
	if kinds := h.Option.Get("context"); kinds != "" && kinds != allChats && w.Chat != "" {
		return slices.Contains(strings.Split(kinds, ";"), string(w.Chat))
	}
	projects := h.Option.Get("groupId")
	return projects == "" || w.ProjectID != 0 && slices.ContainsFunc(strings.Split(projects, ","), func(id string) bool {
		return strings.TrimSpace(id) == strconv.FormatInt(w.ProjectID, 10)
	})
}

// memory is the whole table, since every page asks for it and it is small: an application has at most MaxHandlers.
type memory struct {
	generation uint64
	byCode     map[string][]Handler
	byID       map[int64]Handler
}

// memory returns what is bound, read anew where something has changed since.
func (s *Service) memory(ctx context.Context) (*memory, error) {
	generation := s.generation.Load() // before the read: a change after it makes the next caller look again
	if m := s.remembered.Load(); m != nil && m.generation == generation {
		return m, nil
	}
	m := &memory{generation: generation, byCode: map[string][]Handler{}, byID: map[int64]Handler{}}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		all, err := queryTx(ctx, tx, "ORDER BY id")
		for _, h := range all {
			m.byCode[h.Code] = append(m.byCode[h.Code], h)
			m.byID[h.ID] = h
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	s.remembered.Store(m)
	return m, nil
}
