package taskweb

import (
	"context"
	"strconv"

	"github.com/portico-hq/portico/internal/web"
)

// templateFiles fills in the files of a template.
func (h pages) templateFiles(ctx context.Context, r *web.Request, v *templateView) error {
	if v.ID == 0 || h.files == nil {
		return nil
	}
	v.MayAttach = true
	ties, err := h.plans.ListFiles(ctx, actor(r.Viewer), v.ID)
	if err != nil || len(ties) == 0 {
		return err
	}
	ids := make([]int64, len(ties))
	for i, t := range ties {
		ids[i] = t.FileID
	}
	known, err := h.files.TemplateFiles(ctx, v.ID, ids)
	for _, t := range ties {
		if f, ok := known[t.FileID]; ok {
			v.Attached = append(v.Attached, attachedView{f, templateURL(r.Viewer.ID, v.ID) + "files/" + strconv.FormatInt(t.ID, 10) + "/detach"})
		}
	}
	return err
}

// addTemplateFiles attaches the files of a form to a template.
func (h pages) addTemplateFiles(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := templateIDs(r)
	if err != nil {
		return nil, err
	}
	if err := h.plans.MayAttach(ctx, actor(r.Viewer), id); err != nil { // before anything is read
		return nil, err
	}
	files, err := h.received(ctx, r)
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: templateURL(r.Viewer.ID, id) + "#files", Toast: attachedWords(len(files))}, h.plans.Attach(ctx, actor(r.Viewer), id, files)
}

func (h pages) detachTemplateFile(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := templateIDs(r)
	if err != nil {
		return nil, err
	}
	tie, err := r.PathID("tie")
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: templateURL(r.Viewer.ID, id) + "#files", Toast: detachedWords}, h.plans.Detach(ctx, actor(r.Viewer), id, tie)
}
