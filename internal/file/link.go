package file

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// Action is what a signed link lets its holder do.
type Action uint8

// The actions.
const (
	Download    Action = iota + 1 // read the content of a file
	ShowPreview                   // read a preview of the side in Link.Value
	UploadFile                    // put a file into the folder
	OldVersion                    // read the version in Link.Value
	OfField                       // read the file of a field; NodeID is its number
)

// Link is what a signed address carries: somebody may do something with a node until a time. What they may do is looked at again
// when the link is used: a link never lets in whom the portal has shut out.
type Link struct {
	Action  Action
	Actor   Actor
	NodeID  int64
	Value   int64
	Expires time.Time
}

// The times that links are good for.
const (
	LinkLife       = 24 * time.Hour
	UploadLinkLife = time.Hour
)

// linkKey derives the key of links from that of the portal. Without one it is random: links then end with the process.
func linkKey(key []byte) []byte {
	if len(key) == 0 {
		key = make([]byte, 32)
		_, _ = rand.Read(key)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("portico file links v1"))
	return mac.Sum(nil)
}

const (
	linkSize = 1 + 5*8
	macSize  = 16
)

// Sign returns the token of a link, of characters that addresses carry as they are.
func (s *Service) Sign(l Link) string {
	b := make([]byte, 0, linkSize+macSize)
	b = append(b, byte(l.Action))
	for _, n := range []int64{l.Actor.UserID, l.Actor.AppID, l.NodeID, l.Value, l.Expires.Unix()} {
		b = binary.BigEndian.AppendUint64(b, uint64(n)) //nolint:gosec // read back as it is written
	}
	return base64.RawURLEncoding.EncodeToString(append(b, s.mac(b)...))
}

// SignFor is Sign with the expiry that links of the action have.
func (s *Service) SignFor(l Link) string {
	life := LinkLife
	if l.Action == UploadFile {
		life = UploadLinkLife
	}
	l.Expires = s.now().Add(life)
	return s.Sign(l)
}

func (s *Service) mac(b []byte) []byte {
	m := hmac.New(sha256.New, s.key)
	m.Write(b)
	return m.Sum(nil)[:macSize]
}

// ReadLink returns the link of a token. Fault: FILE_LINK_INVALID for one that was not signed here, or is over.
func (s *Service) ReadLink(token string) (Link, error) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) != linkSize+macSize || !hmac.Equal(b[linkSize:], s.mac(b[:linkSize])) {
		return Link{}, ErrLink
	}
	number := func(i int) int64 { return int64(binary.BigEndian.Uint64(b[1+8*i:])) } //nolint:gosec // as it was written
	l := Link{
		Action: Action(b[0]), Actor: Actor{UserID: number(0), AppID: number(1)}, NodeID: number(2), Value: number(3),
		Expires: time.Unix(number(4), 0).UTC(),
	}
	if !s.now().Before(l.Expires) {
		return Link{}, ErrLink
	}
	return l, nil
}

// DownloadToken returns the token of a link by which actor, or who gets it from them, downloads a file for a day. Faults:
// FILE_NOT_FOUND, FILE_ACCESS_DENIED.
func (s *Service) DownloadToken(ctx context.Context, a Actor, id int64) (string, error) {
	n, err := s.Get(ctx, a, id)
	if err == nil && (n.Folder || n.Trash != Kept) {
		err = ErrNotFound
	}
	if err != nil {
		return "", err
	}
	return s.SignFor(Link{Action: Download, Actor: a, NodeID: id}), nil
}

// Follow returns what a link of Download, ShowPreview, OldVersion or OfField leads to. Faults: FILE_LINK_INVALID, FILE_NOT_FOUND,
// FILE_ACCESS_DENIED.
func (s *Service) Follow(ctx context.Context, l Link) (n Node, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if l.Action == OfField {
			f, err := s.fieldFileTx(ctx, tx, l.Actor, l.NodeID)
			n = f.Node
			return err
		}
		if n, err = s.withRightTx(ctx, tx, l.Actor, l.NodeID, Read); err != nil {
			return err
		}
		if n.Folder {
			return ErrNotFound
		}
		if l.Action == OldVersion {
			n, err = s.asOfTx(ctx, tx, n, l.Value)
		}
		return err
	})
	return n, err
}
