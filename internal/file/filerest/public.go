package filerest

import (
	"context"
	"errors"

	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/rest"
)

// PublicPath returns the path of the page that a public link leads to.
func PublicPath(code string) string { return "/share/" + code + "/" }

// filePublic returns the address by which everybody sees a file: api-reference/disk/file/disk-file-get-external-link.md.
func (h handlers) filePublic(ctx context.Context, c *rest.Call, p idParams) (string, error) {
	return h.publish(ctx, c, p.ID, false)
}

// folderPublic is filePublic of a folder: api-reference/disk/folder/disk-folder-get-external-link.md.
func (h handlers) folderPublic(ctx context.Context, c *rest.Call, p idParams) (string, error) {
	return h.publish(ctx, c, p.ID, true)
}

func (h handlers) publish(ctx context.Context, c *rest.Call, id int64, folder bool) (string, error) {
	if _, err := h.node(ctx, c, id, folder); err != nil {
		return "", err
	}
	link, err := h.files.Publish(ctx, actorOf(c), id)
	if errors.Is(err, file.ErrPublicOff) {
		return "", errDenied.Because(err)
	}
	if err != nil {
		return "", told(err, id, errNameTaken)
	}
	return h.PublicURL(PublicPath(link.Code)), nil
}
