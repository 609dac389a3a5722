package portal

import (
	"context"
	"io"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/file/filerest"
	"github.com/portico-hq/portico/internal/file/fileweb"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/userfield"
	"github.com/portico-hq/portico/internal/userfield/userfieldweb"
)

// fieldFiles keeps the files of fields that were added to records.
type fieldFiles struct{ portal *Portal }

var _ userfield.Files = fieldFiles{}

// Receive stores a content.
func (f fieldFiles) Receive(ctx context.Context, name string, r io.Reader) (string, error) {
	return f.portal.Files.ReceiveForField(ctx, name, r)
}

// KeepTx makes what was received a file of a record.
func (f fieldFiles) KeepTx(ctx context.Context, tx *db.Tx, entity string, ownerID int64, ticket string) (int64, string, error) {
	return f.portal.Files.KeepForFieldTx(ctx, tx, file.Place{Entity: entity, ID: ownerID}, ticket)
}

// DropTx removes files.
func (f fieldFiles) DropTx(ctx context.Context, tx *db.Tx, ids []int64) error {
	return f.portal.Files.DropForFieldTx(ctx, tx, ids)
}

// Shown returns how files and uploads look on pages, by the values that name them.
func (f fieldFiles) Shown(ctx context.Context, fields []userfield.Field, values ...userfield.Values) (map[string]userfieldweb.File, error) {
	out := map[string]userfieldweb.File{}
	var ids []int64
	for _, v := range values {
		ids = append(ids, userfield.FileIDs(fields, v)...)
		for _, ticket := range userfield.Tickets(fields, v) {
			if name, size, err := f.portal.Files.Uploaded(ticket); err == nil { // else it is told when the form is saved
				out[ticket] = userfieldweb.File{Name: name, Size: fileweb.SizeText(size)}
			}
		}
	}
	found, err := f.portal.Files.FieldFiles(ctx, ids)
	for id, n := range found {
		shown := userfieldweb.File{Name: n.Name, Size: fileweb.SizeText(n.Size), URL: userfield.FileURL(id), Download: userfield.FileURL(id) + "/download"}
		if shown.Width, shown.Height = n.PreviewSize(file.SmallPreview); shown.Width > 0 {
			shown.Preview = userfield.FileURL(id) + "/preview"
		}
		out[userfield.FileValue(id)] = shown
	}
	return out, err
}

// link returns the address by which a program gets a file for a caller, for a day.
func (f fieldFiles) link(userID, appID, fileID int64) string {
	return filerest.Signer{Files: f.portal.Files, PublicURL: f.portal.publicURL}.To(
		file.Link{Action: file.OfField, Actor: file.Actor{UserID: userID, AppID: appID}, NodeID: fileID})
}

// filesOfPeople tells the file area who sees the profiles of people, and hence the files in them.
type filesOfPeople struct{ users *user.Service }

var _ file.Entity = filesOfPeople{}

// MayReadTx reports whether a user sees the profile of a person: those of the company see all, others their own.
func (f filesOfPeople) MayReadTx(ctx context.Context, tx *db.Tx, userID, personID int64) (bool, error) {
	b, err := f.users.BriefTx(ctx, tx, userID)
	return err == nil && b.Active && (userID == personID || b.Admin || b.Kind == user.Employee), err
}
