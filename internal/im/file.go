package im

import (
	"context"
	"errors"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// maxFiles is how many files a message carries at most.
const maxFiles = 50

// File is what is shown of a file that a message carries.
type File struct {
	ID       int64
	ChatID   int64 // the chat to which it was first sent; 0: none
	AuthorID int64
	Name     string
	Size     int64  // bytes
	Type     string // "image", "video", "audio" or "file": how it is shown
	MIME     string // e.g. "image/png"
	Created  time.Time
	// Width and Height are of a picture or a video, in pixels; 0 where unknown.
	Width, Height int64
	// Duration is of a sound or a video; 0 where unknown.
	Duration time.Duration
	// ShowURL, PreviewURL and DownloadURL are paths of the portal's for who is signed in. PreviewURL is empty where there is
	// no preview; PreviewWidth and PreviewHeight are its size.
	ShowURL, PreviewURL, DownloadURL string
	PreviewWidth, PreviewHeight      int64
	URL                              string // of the page that shows it: opens in a slider
	// Voice is set for a voice note; Wave is its loudness over time, up to 100 digits from 0 to 9, empty where unknown.
	Voice bool
	Wave  string
	Lies  bool // its content is not what its name promises
}

// Files keeps the files that messages carry.
type Files interface {
	// Describe returns the files of ids, without those that are gone.
	Describe(ctx context.Context, ids []int64) (map[int64]File, error)
	// AttachTx makes sure that author may use the files, with ErrFile where not, and lets those who may see a message see them.
	AttachTx(ctx context.Context, tx *db.Tx, messageID, authorID int64, fileIDs []int64) error
	// ReleaseTx takes the files of a message away when it is removed: those that nothing else shows are gone with it.
	ReleaseTx(ctx context.Context, tx *db.Tx, messageID int64, fileIDs []int64) error
}

// SetFiles names who keeps the files. It must be called before the service is used; without it no message carries any.
func (s *Service) SetFiles(f Files) { s.files = f }

// FilesOf describes the files of messages, by their ids. Those that are gone are missing.
func (s *Service) FilesOf(ctx context.Context, messages ...Message) (map[int64]File, error) {
	var ids []int64
	for _, m := range messages {
		ids = append(ids, m.Extra.Files...)
	}
	if len(ids) == 0 || s.files == nil {
		return nil, nil
	}
	return s.files.Describe(ctx, without(ids, nil))
}

// releaseTx takes away the files of a message that is removed.
func (s *Service) releaseTx(ctx context.Context, tx *db.Tx, m Message) error {
	if len(m.Extra.Files) == 0 || s.files == nil {
		return nil
	}
	return s.files.ReleaseTx(ctx, tx, m.ID, m.Extra.Files)
}

// attachTx lets those who may see a message see its files. It returns ErrFile.
func (s *Service) attachTx(ctx context.Context, tx *db.Tx, m Message) error {
	if len(m.Extra.Files) == 0 {
		return nil
	}
	if s.files == nil || len(m.Extra.Files) > maxFiles {
		return ErrFile
	}
	return s.files.AttachTx(ctx, tx, m.ID, m.SenderID, m.Extra.Files)
}

// ChatOfTx returns the chat of a message that was not removed; 0 where there is none.
func (s *Service) ChatOfTx(ctx context.Context, tx *db.Tx, messageID int64) (int64, error) {
	m, err := messageTx(ctx, tx, messageID)
	if errors.Is(err, ErrNoMessage) || err == nil && !m.Deleted.IsZero() {
		return 0, nil
	}
	return m.ChatID, err
}

// IsVisibleTx reports whether a user may see a message: in a chat that they are in, from their part of its history, not removed.
func (s *Service) IsVisibleTx(ctx context.Context, tx *db.Tx, viewer, messageID int64) (bool, error) {
	m, err := visibleTx(ctx, tx, viewer, messageID)
	if errors.Is(err, ErrNoMessage) {
		return false, nil
	}
	return err == nil && m.Deleted.IsZero(), err
}
