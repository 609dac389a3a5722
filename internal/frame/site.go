package frame

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// SitePath is what the addresses of the files of static applications begin with. The name of a site follows, then the path.
const SitePath = "/marketplace/site/"

// The files that open by themselves. Page: settings/app-installation/local-apps/installation-master.md.
const (
	indexFile   = "index.html"
	installFile = "install.html"
)

// Site is the files of a static application.
type Site struct {
	Key      string // names it in addresses, and stays when other files are uploaded
	Name     string // of the file that was uploaded
	Files    int64
	Bytes    int64
	Uploaded time.Time
	By       int64
}

// The faults of files.
var (
	ErrNoSite    = fault.New(fault.NotFound, "NO_FILES", "No files were uploaded for this application.")
	ErrNoFile    = fault.New(fault.NotFound, "NO_FILE", "There is no such file.")
	errNotStatic = fault.New(fault.Conflict, "NOT_STATIC", "Only a static application has files on the portal.").At("file")
	errAdmin     = fault.New(fault.Denied, "ACCESS_DENIED", "Only administrators manage applications.")
)

// Upload replaces the files of a static application by those of body, a zip archive or one page of HTML, and lets the
// application open with them: install.html where there is one until it finishes the installation, then index.html.
// Faults: ACCESS_DENIED, APP_NOT_FOUND, NOT_STATIC, and at the field "file" what is wrong with the files.
// Page: local-integrations/static-local-app.md.
func (s *Service) Upload(ctx context.Context, actor user.Ref, appID int64, name string, body []byte) (Site, error) {
	if !actor.Admin {
		return Site{}, errAdmin
	}
	a, err := s.apps.App(ctx, appID)
	if err != nil {
		return Site{}, err
	}
	if !a.Static {
		return Site{}, errNotStatic
	}
	files, err := unpack(name, body)
	if err != nil {
		return Site{}, err
	}
	site := Site{Key: newSiteKey(), Name: name, Files: int64(len(files)), Uploaded: s.clock.Now(), By: actor.ID}
	for _, f := range files {
		site.Bytes += int64(len(f.body))
	}
	if old, err := s.Site(ctx, appID); err == nil {
		site.Key = old.Key // what the application bound to places goes on leading to its pages
	} else if !errors.Is(err, ErrNoSite) {
		return Site{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := storeSiteTx(ctx, tx, appID, site, files); err != nil || s.audit == nil {
			return err
		}
		return s.audit.RecordTx(ctx, tx, audit.Entry{
			Type: "APP_FILES_UPLOADED", Module: "app", Item: strconv.FormatInt(appID, 10), UserID: actor.ID,
			Description: fmt.Sprintf("The files of %s were replaced by %s.", a.Name, name),
		})
	})
	if err != nil {
		return Site{}, fmt.Errorf("store files of application %d: %w", appID, err)
	}
	has := slices.ContainsFunc(files, func(f siteFile) bool { return f.path == installFile })
	return site, s.apps.SetPages(ctx, actor, appID, SitePath+site.Key+"/"+indexFile, installAddress(site, has))
}

func installAddress(site Site, has bool) string {
	if !has {
		return ""
	}
	return SitePath + site.Key + "/" + installFile
}

// newSiteKey returns a name that nobody guesses: files are served to frames without an origin, which send no cookies.
func newSiteKey() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func storeSiteTx(ctx context.Context, tx *db.Tx, appID int64, site Site, files []siteFile) error {
	if err := removeSiteTx(ctx, tx, appID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "INSERT INTO frame_site (app_id, site_key, name, files, bytes, uploaded_at, uploaded_by) VALUES (?, ?, ?, ?, ?, ?, ?)",
		appID, site.Key, site.Name, site.Files, site.Bytes, db.Micro(site.Uploaded), site.By)
	for _, f := range files {
		if err != nil {
			break
		}
		_, err = tx.Exec(ctx, "INSERT INTO frame_file (site_key, path, body) VALUES (?, ?, ?)", site.Key, f.path, f.body)
	}
	return err
}

func removeSiteTx(ctx context.Context, tx *db.Tx, appID int64) error {
	_, err := tx.Exec(ctx, "DELETE FROM frame_file WHERE site_key IN (SELECT site_key FROM frame_site WHERE app_id = ?)", appID)
	if err == nil {
		_, err = tx.Exec(ctx, "DELETE FROM frame_site WHERE app_id = ?", appID)
	}
	return err
}

// Site returns the files of an application. Fault: NO_FILES.
func (s *Service) Site(ctx context.Context, appID int64) (site Site, err error) {
	var at int64
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT site_key, name, files, bytes, uploaded_at, uploaded_by FROM frame_site WHERE app_id = ?", appID).
			Scan(&site.Key, &site.Name, &site.Files, &site.Bytes, &at, &site.By)
	})
	if errors.Is(err, db.ErrNoRows) {
		return Site{}, ErrNoSite
	}
	site.Uploaded = db.Time(at)
	return site, err
}

// File returns a file of a site; a folder stands for the index.html in it. Fault: NO_FILE.
func (s *Service) File(ctx context.Context, key, path string) (body []byte, name string, err error) {
	if path == "" || strings.HasSuffix(path, "/") {
		path += indexFile
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT body FROM frame_file WHERE site_key = ? AND path = ?", key, path).Scan(&body)
	})
	if errors.Is(err, db.ErrNoRows) {
		return nil, "", ErrNoFile
	}
	return body, path, err
}
