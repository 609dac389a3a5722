package user

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // the formats that pictures may have
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // read only

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// The bounds of a picture.
const (
	MaxAvatar      = 1 << 20 // bytes
	maxAvatarSide  = 5000    // pixels
	avatarQuality  = 85      // of JPEG copies
	avatarHashSize = 32      // hex digits: the address must not be guessable
)

// The sizes of copies, in pixels of the square that they fit into.
const (
	SmallAvatar  = 150
	MediumAvatar = 300
	LargeAvatar  = 1000
)

var (
	// ErrNoAvatar is returned for a picture that does not exist any more.
	ErrNoAvatar   = fault.New(fault.NotFound, "AVATAR_NOT_FOUND", "There is no such picture.")
	errAvatarSize = fault.New(fault.TooLarge, "AVATAR_SIZE", "The picture is larger than 1 MB.").At("avatar")
	errAvatarSide = fault.New(fault.Invalid, "AVATAR_DIMENSIONS", "The picture is larger than 5000 by 5000 pixels.").At("avatar")
	errAvatarType = fault.New(fault.Invalid, "AVATAR_TYPE", "The picture must be PNG, JPEG, GIF or WebP.").At("avatar")
)

// Avatar is a picture as it is served.
type Avatar struct {
	Data []byte
	Type string // "image/png", "image/jpeg", "image/gif" or "image/webp"
}

// SetAvatar gives the user id a picture; an empty one removes it. Faults: USER_NOT_FOUND, AVATAR_SIZE,
// AVATAR_DIMENSIONS, AVATAR_TYPE.
func (s *Service) SetAvatar(ctx context.Context, id int64, picture []byte) error {
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.SetAvatarTx(ctx, tx, id, picture) })
}

// SetAvatarTx is SetAvatar inside a transaction.
func (s *Service) SetAvatarTx(ctx context.Context, tx *db.Tx, id int64, picture []byte) error {
	hash, kind := "", ""
	if len(picture) > 0 {
		var err error
		if kind, err = pictureType(picture); err != nil {
			return err
		}
		sum := sha256.Sum256(picture)
		hash = hex.EncodeToString(sum[:])[:avatarHashSize]
	}
	s.changedTx(tx, id)
	n, err := tx.Exec(ctx, "UPDATE portal_user SET avatar_hash = ?, updated = ? WHERE id = ?", hash, db.Micro(s.now()), id)
	if err != nil {
		return fmt.Errorf("set picture: %w", err)
	}
	if n == 0 {
		return ErrNotFound
	}
	if err := tx.Later(ctx, "DELETE FROM user_avatar WHERE user_id = ?", id); err != nil {
		return fmt.Errorf("remove picture: %w", err)
	}
	if hash == "" {
		return nil
	}
	return storeAvatar(ctx, tx, id, hash, 0, Avatar{picture, kind})
}

// storeAvatar stores the original (size 0) or a copy.
func storeAvatar(ctx context.Context, tx *db.Tx, id int64, hash string, size int64, a Avatar) error {
	err := tx.Later(ctx, `INSERT INTO user_avatar (user_id, hash, size, type, data) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (user_id, hash, size) DO NOTHING`, id, hash, size, a.Type, a.Data)
	if err != nil {
		return fmt.Errorf("store picture: %w", err)
	}
	return nil
}

// CheckAvatar returns the fault that SetAvatarTx would return for picture, for callers that look before they write.
func CheckAvatar(picture []byte) error {
	_, err := pictureType(picture)
	return err
}

// pictureType reads the header of a picture.
func pictureType(picture []byte) (string, error) {
	if len(picture) > MaxAvatar {
		return "", errAvatarSize
	}
	c, format, err := image.DecodeConfig(bytes.NewReader(picture))
	if err != nil {
		return "", errAvatarType.Because(err)
	}
	if c.Width > maxAvatarSide || c.Height > maxAvatarSide || c.Width < 1 || c.Height < 1 {
		return "", errAvatarSide
	}
	return "image/" + format, nil
}

// Avatar returns the picture hash of the user id: the original for size 0, else a copy that fits into a square of
// SmallAvatar, MediumAvatar or LargeAvatar pixels. Copies are made when they are first asked for. Fault: AVATAR_NOT_FOUND.
func (s *Service) Avatar(ctx context.Context, id int64, hash string, size int64) (Avatar, error) {
	switch size {
	case 0, SmallAvatar, MediumAvatar, LargeAvatar:
	default:
		return Avatar{}, ErrNoAvatar
	}
	a, err := s.readAvatar(ctx, id, hash, size)
	if !errors.Is(err, ErrNoAvatar) || size == 0 {
		return a, err
	}
	original, err := s.readAvatar(ctx, id, hash, 0)
	if err != nil {
		return Avatar{}, err
	}
	if a, err = s.shrink(ctx, original, int(size)); err != nil {
		return Avatar{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		u, err := s.GetTx(ctx, tx, id)
		if err != nil || u.AvatarHash != hash { // replaced meanwhile: nothing to keep
			return err
		}
		return storeAvatar(ctx, tx, id, hash, size, a)
	})
	return a, err
}

func (s *Service) readAvatar(ctx context.Context, id int64, hash string, size int64) (a Avatar, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		err := tx.QueryRow(ctx, "SELECT type, data FROM user_avatar WHERE user_id = ? AND hash = ? AND size = ?", id, clean(hash),
			size).Scan(&a.Type, &a.Data)
		if errors.Is(err, db.ErrNoRows) {
			return ErrNoAvatar
		}
		if err != nil {
			return fmt.Errorf("read picture: %w", err)
		}
		return nil
	})
	return a, err
}

// shrink makes a copy that fits into a square of side pixels. A picture that is small enough, or broken behind its
// header, stays as it is. It waits for its turn like a password: decoding takes up to 64 MB.
func (s *Service) shrink(ctx context.Context, a Avatar, side int) (Avatar, error) {
	select {
	case s.drawing <- struct{}{}:
	case <-ctx.Done():
		return Avatar{}, ctx.Err()
	}
	defer func() { <-s.drawing }()
	src, _, err := image.Decode(bytes.NewReader(a.Data))
	if err != nil {
		return a, nil //nolint:nilerr // browsers show what they can of it
	}
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	if w <= side && h <= side {
		return a, nil
	}
	scale := float64(side) / float64(max(w, h))
	dst := image.NewRGBA(image.Rect(0, 0, max(1, int(float64(w)*scale+0.5)), max(1, int(float64(h)*scale+0.5))))
	draw.CatmullRom.Scale(dst, dst.Bounds(), src, src.Bounds(), draw.Src, nil)
	return encode(dst)
}

// encode writes JPEG, or PNG where something shows through.
func encode(m *image.RGBA) (Avatar, error) {
	var b bytes.Buffer
	if m.Opaque() {
		if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: avatarQuality}); err != nil {
			return Avatar{}, fmt.Errorf("encode picture: %w", err)
		}
		return Avatar{b.Bytes(), "image/jpeg"}, nil
	}
	if err := png.Encode(&b, m); err != nil {
		return Avatar{}, fmt.Errorf("encode picture: %w", err)
	}
	return Avatar{b.Bytes(), "image/png"}, nil
}
