package partrest

import (
	"context"
	"errors"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/task/taskfile"
	"github.com/portico-hq/portico/internal/task/template"
)

// tiesOf writes the files of a template's item: the numbers of the files by those of the ties.
func tiesOf(ties []checklist.Tie) phpform.Value {
	if len(ties) == 0 {
		return phpform.ListOf()
	}
	var o object
	for _, t := range ties {
		o.str(idText(t.ID).Text(), "n"+idText(t.FileID).Text())
	}
	return o.value()
}

// attachments writes the files of a template itself by the numbers of their ties; false where it has none, as tasks do.
func attachments(ties []taskfile.Tie) phpform.Value {
	if len(ties) == 0 {
		return phpform.BoolOf(false)
	}
	ids := make([]phpform.Value, len(ties))
	for i, t := range ties {
		ids[i] = phpform.IntOf(t.ID)
	}
	return phpform.ListOf(ids...)
}

// fileRefs reads what files something shall have: "n12" is the file 12 of a drive, "12" the tie 12 that it has.
func fileRefs(v phpform.Value) (out []task.FileRef, ok bool) {
	out = []task.FileRef{}
	list := v.Entries()
	if !v.IsArray() {
		list = []phpform.Entry{{Value: v}}
	}
	for _, e := range list {
		id, drive := strings.CutPrefix(strings.TrimSpace(e.Value.Text()), "n")
		if e.Value.IsArray() {
			return nil, false
		}
		if id == "" || e.Value.Kind() == phpform.Bool && !e.Value.Truthy() {
			continue
		}
		n, isNumber := phpform.StringOf(id).Int()
		if !isNumber || n <= 0 {
			return nil, false
		}
		if drive {
			out = append(out, task.FileRef{FileID: n})
		} else {
			out = append(out, task.FileRef{Tie: n})
		}
	}
	return out, true
}

// array returns a parameter that has to be a list with something in it.
func (p templateItemParams) array(name string) (phpform.Value, error) {
	v, ok := p.Tree.GetFold(name)
	if !ok || v.IsNull() {
		return v, numbered("100", "Could not find value for parameter {"+name+"}")
	}
	if !v.IsArray() || v.Len() == 0 {
		text := ""
		if !v.IsArray() {
			text = clip(v.Text())
		}
		return v, numbered("100", "Invalid value {"+text+"} to match with parameter {"+name+"}. Should be value of type array.")
	}
	return v, nil
}

// templateFileFault returns the fault on the wire; denied is what the caller may not do.
func templateFileFault(err error, denied string) error {
	switch {
	case errors.Is(err, template.ErrNotFound), errors.Is(err, checklist.ErrDenied):
		return numbered("0", denied)
	case errors.Is(err, checklist.ErrNotFound):
		return numbered("0", "Invalid value [] for field [ENTITY_ID] in element [, ]")
	case errors.Is(err, checklist.ErrFile), errors.Is(err, checklist.ErrManyFiles):
		return numbered("0", fault.Of(err).Text)
	}
	return err
}

// templateItemSend attaches a file that comes with the call. As the page says, the answer is the item without the new file.
func (h handlers) templateItemSend(ctx context.Context, c *rest.Call, p templateItemParams) (out phpform.Value, err error) {
	id, item, err := p.ids()
	if err != nil {
		return out, err
	}
	v, _ := p.Tree.GetFold("attachmentParameters")
	sent, err := objectOf(&v, "attachmentParameters")
	if err != nil {
		return out, err
	}
	before, err := h.Templates.Checklists().MayEdit(ctx, actor(c), id, item)
	if errors.Is(err, checklist.ErrNotFound) {
		return out, errAttachment
	}
	if err != nil {
		return out, templateFileFault(err, "Modification of the item: action is not available")
	}
	name, content, ok := sentFile(sent)
	if !ok {
		return out, errAttachment
	}
	file, err := h.Files.Keep(ctx, c.UserID, name, content)
	if err == nil {
		_, err = h.Templates.Checklists().Attach(ctx, actor(c), id, item, []int64{file})
	}
	if err != nil {
		if fault.KindOf(err) != fault.Internal {
			return out, errAttachment.Because(err)
		}
		return out, err
	}
	return h.templateItem(ctx, c, before, false)
}

var errAttachment = numbered("0", "An error occurred while adding the attachment")

func (h handlers) templateItemAttach(ctx context.Context, c *rest.Call, p templateItemParams) (out phpform.Value, err error) {
	id, item, err := p.ids()
	if err != nil {
		return out, err
	}
	v, err := p.array("filesIds")
	if err != nil {
		return out, err
	}
	files, ok := diskIDs(v)
	if !ok {
		return out, numbered("0", "filesIds holds what is no identifier of a file")
	}
	i, err := h.Templates.Checklists().Attach(ctx, actor(c), id, item, files)
	if err != nil {
		return out, templateFileFault(err, "Item modification: action not available")
	}
	return h.templateItem(ctx, c, i, false)
}

func (h handlers) templateItemDetach(ctx context.Context, c *rest.Call, p templateItemParams) (out phpform.Value, err error) {
	id, item, err := p.ids()
	if err != nil {
		return out, err
	}
	v, err := p.array("attachmentsIds")
	if err != nil {
		return out, err
	}
	ties, ok := idsOf(v)
	if !ok {
		return out, numbered("0", "attachmentsIds holds what is no identifier of an attachment")
	}
	i, err := h.Templates.Checklists().Detach(ctx, actor(c), id, item, ties)
	if err != nil {
		return out, templateFileFault(err, "Changing item: action is not available")
	}
	return h.templateItem(ctx, c, i, false)
}
