package blob

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Places says where the objects of portals are: each portal has a place of its own, called as that of its data.
type Places struct {
	// Shared is a folder that the servers of a database share; empty: each portal's objects are among its own files.
	Shared string
	// S3 is a bucket in which each place is a prefix; nil: there is none.
	S3 *S3Config
}

// ParsePlaces reads where to keep objects: a folder, or the address of a bucket (see ParseS3). Empty is among each portal's files.
func ParsePlaces(address string) (Places, error) {
	if !strings.Contains(address, "://") {
		return Places{Shared: address}, nil
	}
	c, err := ParseS3(address)
	return Places{S3: &c}, err
}

// Apart reports whether objects are kept elsewhere than among the files of a portal.
func (p Places) Apart() bool { return p.Shared != "" || p.S3 != nil }

// Open returns the store of a place, whose other files are in dir.
func (p Places) Open(place, dir string) (Store, error) {
	switch {
	case p.S3 != nil:
		c := *p.S3
		c.Prefix = strings.Trim(c.Prefix+"/"+place, "/")
		s, err := OpenS3(c)
		if err != nil {
			return nil, fmt.Errorf("files: %w", err)
		}
		return s, nil
	case p.Shared != "":
		return NewFolder(filepath.Join(p.Shared, place)), nil
	}
	return NewFolder(filepath.Join(dir, FolderName)), nil
}

// Remove removes all objects of a place that is apart; those among the portal's files go with these.
func (p Places) Remove(ctx context.Context, place string) error {
	switch {
	case p.S3 != nil:
		s, err := p.Open(place, "")
		if err != nil {
			return err
		}
		return Clear(ctx, s)
	case p.Shared != "":
		return os.RemoveAll(filepath.Join(p.Shared, place))
	}
	return nil
}
