package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// IntegrationKind says what an Integration is.
type IntegrationKind string

// The kinds of integrations.
const (
	IsApp      IntegrationKind = "app"
	IsWebhook  IntegrationKind = "webhook"
	IsOutbound IntegrationKind = "outbound"
)

// State is how an integration stands.
type State string

// The states.
const (
	Working  State = "working"
	Waiting  State = "waiting"  // an application whose installation is not complete
	Disabled State = "disabled" // a webhook that was switched off
	Expired  State = "expired"  // a webhook whose time is over
	Paused   State = "paused"   // an outbound webhook that gets nothing for now
)

// Integration is an application, an inbound or an outbound webhook as a list shows it.
type Integration struct {
	What     IntegrationKind
	ID       int64
	Name     string
	Kind     Kind // of an application
	APIOnly  bool
	OwnerID  int64    // who added the application or the outbound webhook, or whom the webhook acts as
	Scopes   []string // of an outbound webhook its events
	State    State
	Created  time.Time
	LastUsed time.Time // zero: never
}

// The fields that a list of integrations may be sorted by.
const (
	ByCreated = "created"
	ByName    = "name"
	ByUsed    = "used"
)

// IntegrationQuery says which integrations a list shows. Its zero value is all of them, the newest first.
type IntegrationQuery struct {
	Search    string          // a part of the name, of the client_id or of the address of an outbound webhook, in any case
	What      IntegrationKind // empty: all
	State     State           // empty: every state
	OrderBy   string          // ByCreated, ByName or ByUsed; anything else is ByCreated
	Ascending bool            // the newest, the latest or the end of the alphabet comes first otherwise
	Offset    int64
	Limit     int64
}

// integrationOrders are the columns to sort by. The rest makes the order whole.
var integrationOrders = map[string]string{ByCreated: "created_at", ByName: "search", ByUsed: "used_at"}

// Integrations returns what actor may see of the applications and webhooks of the portal, a page of it, and how many there are
// in all: applications and outbound webhooks to who manages them, webhooks of others to who manages those.
func (s *Service) Integrations(ctx context.Context, actor user.Ref, q IntegrationQuery) (out []Integration, total int64, err error) {
	order, direction := integrationOrders[q.OrderBy], " DESC"
	if order == "" {
		order = integrationOrders[ByCreated]
	}
	if q.Ascending {
		direction = " ASC"
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		states, err := s.outboundStatesTx(ctx, tx, actor)
		if err != nil {
			return err
		}
		from, args := s.integrationsSQL(actor, q, states)
		if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM "+from, args...).Scan(&total); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, "SELECT what, id, name, kind, api_only, owner_id, scopes, state, created_at, used_at FROM "+from+
			" ORDER BY "+order+direction+", what, id"+direction+" LIMIT ? OFFSET ?", append(args, q.Limit, q.Offset)...)
		out, err = collect(rows, err, scanIntegration)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("integrations: %w", err)
	}
	return out, total, nil
}

// integrationsSQL returns the table of what actor may see, with the conditions of q.
func (s *Service) integrationsSQL(actor user.Ref, q IntegrationQuery, outbound map[int64]HookState) (from string, args []any) {
	now := db.Micro(s.clock.Now())
	apps, hooks := "", ""
	if !actor.May(access.ManageApps) {
		apps = " AND 1 = 0"
	}
	args = []any{now}
	if !actor.May(access.AllWebhooks) {
		hooks = " WHERE user_id = ?"
		args = append(args, actor.ID)
	}
	from = `(SELECT 'app' AS what, id, name, kind, api_only, owner_id, scopes, search, created_at, used_at,
			CASE WHEN installed = 1 THEN 'working' ELSE 'waiting' END AS state FROM app WHERE removed_at = 0` + apps + `
		UNION ALL SELECT 'webhook', id, title, '', 0, user_id, scopes, search, created_at, used_at,
			CASE WHEN disabled_at <> 0 THEN 'disabled' WHEN expires_at <> 0 AND expires_at <= ? THEN 'expired' ELSE 'working' END
			FROM webhook` + hooks + outboundSQL(outbound) + `) AS integration WHERE 1 = 1`
	if text := foldSearch(q.Search); text != "" {
		from, args = from+` AND search LIKE ? ESCAPE '\'`, append(args, "%"+db.Like(text)+"%")
	}
	if q.What != "" {
		from, args = from+" AND what = ?", append(args, string(q.What))
	}
	if q.State != "" {
		from, args = from+" AND state = ?", append(args, string(q.State))
	}
	return from, args
}

// outboundStatesTx returns how the outbound webhooks that actor may see are doing. A portal has a few of them.
func (s *Service) outboundStatesTx(ctx context.Context, tx *db.Tx, actor user.Ref) (map[int64]HookState, error) {
	if !actor.May(access.ManageApps) || s.cfg.Hooks == nil {
		return nil, nil
	}
	rows, err := tx.Query(ctx, "SELECT id FROM app_outbound")
	ids, err := collect(rows, err, func(r scanner) (id int64, err error) { return id, r.Scan(&id) })
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return s.cfg.Hooks.HookStatesTx(ctx, tx, ids)
}

// outboundSQL returns the part of the table of integrations for outbound webhooks, whose state another area knows.
func outboundSQL(states map[int64]HookState) string {
	if len(states) == 0 {
		return ""
	}
	var paused, used strings.Builder
	for id, s := range states {
		if s.Paused {
			fmt.Fprintf(&paused, " WHEN %d THEN 'paused'", id)
		}
		fmt.Fprintf(&used, " WHEN %d THEN CAST(%d AS BIGINT)", id, db.Micro(s.LastOK))
	}
	state := "'working'"
	if paused.Len() > 0 {
		state = "CASE id" + paused.String() + " ELSE 'working' END"
	}
	return " UNION ALL SELECT 'outbound', id, name, '', 0, owner_id, events, search, created_at, CASE id" + used.String() +
		" ELSE 0 END, " + state + " FROM app_outbound"
}

// foldSearch returns a text as it is stored for the search, and as a search looks for it.
func foldSearch(text string) string { return strings.ToLower(strings.TrimSpace(text)) }

func scanIntegration(r scanner) (i Integration, err error) {
	var apiOnly, created, used int64
	var scopes string
	err = r.Scan(&i.What, &i.ID, &i.Name, &i.Kind, &apiOnly, &i.OwnerID, &scopes, &i.State, &created, &used)
	i.APIOnly, i.Scopes, i.Created, i.LastUsed = apiOnly != 0, splitScopes(scopes), db.Time(created), db.Time(used)
	return i, err
}
