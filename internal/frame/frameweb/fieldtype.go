package frameweb

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/frame"
	"github.com/portico-hq/portico/internal/placement"
	"github.com/portico-hq/portico/internal/web"
)

// FieldFrame is where an application shows a field of a type of its own.
type FieldFrame struct {
	Src    string // of an <app-frame>
	App    string // whose it is
	Height int64  // pixels; 0 is the usual one
}

// FieldFrames returns what tells the pages of records how fields of the types of applications show: code is that of a type,
// options the JSON object that the handler is told. It is false where the type is gone, or the viewer may not use its
// application. Page: api-reference/widgets/user-field/index.md.
func FieldFrames(c Config) func(ctx context.Context, v web.Viewer, code, options string) (FieldFrame, bool, error) {
	h := pages{c}
	return func(ctx context.Context, v web.Viewer, code, options string) (FieldFrame, bool, error) {
		viewer, err := h.placeViewer(ctx, v)
		if err != nil {
			return FieldFrame{}, false, err
		}
		f, err := h.Places.FieldType(ctx, viewer, code)
		if errors.Is(err, placement.ErrFieldType) {
			return FieldFrame{}, false, nil
		}
		src := withOptions(hostURL(f.AppID), url.Values{"type": {strconv.FormatInt(f.ID, 10)}}, options)
		return FieldFrame{Src: src, App: f.App.Name, Height: f.Height}, err == nil, err
	}
}

// typed returns the request that opens the handler of a type of fields for the viewer.
func (h pages) typed(ctx context.Context, r *web.Request, appID, id int64) (frame.Request, error) {
	viewer, err := h.placeViewer(ctx, r.Viewer)
	if err != nil {
		return frame.Request{}, err
	}
	f, err := h.Places.FieldTypeByID(ctx, viewer, id)
	if err == nil && f.AppID != appID {
		err = placement.ErrFieldType
	}
	return frame.Request{AppID: appID, Place: placement.UserFieldType, URL: f.URL}, err
}

// slow notes that a background worker took too long to load in a page of the viewer.
func (h pages) slow(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	took, err := strconv.ParseInt(r.PostFormValue("ms"), 10, 64)
	if err != nil || took < 0 || took > time.Hour.Milliseconds() {
		return nil, fault.Argument("ms", "ms must be a time in milliseconds")
	}
	viewer, err := h.placeViewer(ctx, r.Viewer)
	if err != nil {
		return nil, err
	}
	_, err = h.Places.NoteLoading(ctx, viewer, id, time.Duration(took)*time.Millisecond)
	return web.NoContent{}, err
}
