package app

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/portico-hq/portico/internal/db"
)

const appColumns = `id, client_id, application_token, name, kind, api_only, handler_url, install_url, menu_title, scopes,
	version, installed, owner_id, created_at, updated_at, used_at, removed_at`

const webhookColumns = "id, user_id, title, scopes, created_at, updated_at, used_at, used_from, expires_at, disabled_at"

// scanner is a row.
type scanner interface{ Scan(dest ...any) error }

func scanApp(r scanner) (App, error) {
	var (
		a                               App
		scopes                          string
		apiOnly, installed              int64
		created, updated, used, removed int64
	)
	err := r.Scan(&a.ID, &a.ClientID, &a.Token, &a.Name, &a.Kind, &apiOnly, &a.HandlerURL, &a.InstallURL, &a.MenuTitle, &scopes,
		&a.Version, &installed, &a.OwnerID, &created, &updated, &used, &removed)
	if errors.Is(err, db.ErrNoRows) {
		return App{}, ErrNotFound
	}
	a.Scopes, a.APIOnly, a.Installed = splitScopes(scopes), apiOnly != 0, installed != 0
	a.Created, a.Updated, a.LastUsed, a.Removed = db.Time(created), db.Time(updated), db.Time(used), db.Time(removed)
	return a, err
}

// appTx returns an application that is there.
func appTx(ctx context.Context, tx *db.Tx, id int64) (App, error) {
	return scanApp(tx.QueryRow(ctx, "SELECT "+appColumns+" FROM app WHERE id = ? AND removed_at = 0", id))
}

// search is what a list finds an application by.
func (a App) search() string { return foldSearch(a.Name + " " + a.ClientID) }

func insertAppTx(ctx context.Context, tx *db.Tx, a App, secretHash []byte) (int64, error) {
	return tx.Insert(ctx, `INSERT INTO app (client_id, secret_hash, application_token, name, kind, api_only, handler_url,
		install_url, menu_title, scopes, version, installed, owner_id, created_at, updated_at, search)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ClientID, secretHash, a.Token, a.Name, string(a.Kind), db.Bit(a.APIOnly), a.HandlerURL, a.InstallURL, a.MenuTitle,
		joinScopes(a.Scopes), a.Version, db.Bit(a.Installed), a.OwnerID, db.Micro(a.Created), db.Micro(a.Updated), a.search())
}

func updateAppTx(ctx context.Context, tx *db.Tx, a App) error {
	_, err := tx.Exec(ctx, `UPDATE app SET name = ?, kind = ?, api_only = ?, handler_url = ?, install_url = ?, menu_title = ?,
		scopes = ?, version = ?, installed = ?, updated_at = ?, search = ? WHERE id = ?`,
		a.Name, string(a.Kind), db.Bit(a.APIOnly), a.HandlerURL, a.InstallURL, a.MenuTitle, joinScopes(a.Scopes),
		a.Version, db.Bit(a.Installed), db.Micro(a.Updated), a.search(), a.ID)
	return err
}

func scanWebhook(r scanner) (Webhook, error) {
	var (
		w                      Webhook
		scopes                 string
		created, updated, used int64
		expires, disabled      int64
	)
	err := r.Scan(&w.ID, &w.UserID, &w.Title, &scopes, &created, &updated, &used, &w.UsedFrom, &expires, &disabled)
	if errors.Is(err, db.ErrNoRows) {
		return Webhook{}, ErrWebhookNotFound
	}
	w.Scopes, w.Created, w.Updated, w.LastUsed = splitScopes(scopes), db.Time(created), db.Time(updated), db.Time(used)
	w.Expires, w.Disabled = db.Time(expires), db.Time(disabled)
	return w, err
}

// collect reads all rows.
func collect[T any](rows *sql.Rows, err error, scan func(scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

func joinScopes(scopes []string) string { return strings.Join(scopes, ",") }

func splitScopes(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}
