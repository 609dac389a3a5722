package partrest

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/task/template"
	"github.com/portico-hq/portico/internal/user"
)

const templateChecklistPages = "api-reference/tasks/template/checklist/tasks-template-checklist-"

func (h handlers) registerTemplateChecklist(r *rest.Registry) {
	m := func(name, page, summary string, f func(context.Context, *rest.Call, templateItemParams) (phpform.Value, error), reads ...string) {
		r.Add(rest.M("tasks.template.checklist."+name, "task", rest.Everyone, summary, f, rest.Doc(templateChecklistPages+page+".md"), rest.Reads(reads...)))
	}
	fields := []string{"fields.SORT_INDEX", "fields.IS_COMPLETE", "fields.IS_IMPORTANT", "fields.MEMBERS"}
	m("add", "add", "Adds an item to the checklists of a template.", h.templateItemAdd,
		append([]string{"templateId*", "fields*", "fields.TITLE*", "fields.PARENT_ID*"}, fields...)...)
	m("update", "update", "Changes an item.", h.templateItemUpdate,
		append([]string{"templateId*", "checkListItemId*", "fields*", "fields.TITLE", "fields.PARENT_ID"}, fields...)...)
	m("get", "get", "Answers an item.", h.templateItemGet, "templateId*", "checkListItemId*")
	m("list", "list", "Lists the items of a template.", h.templateItemList, "templateId*", "filter", "select", "order")
	m("delete", "delete", "Removes an item with what is below it.", h.templateItemDelete, "templateId*", "checkListItemId*")
	m("moveAfter", "move-after", "Puts an item behind another one.", h.templateItemAfter, "templateId*", "checkListItemId*", "afterItemId*")
	m("moveBefore", "move-before", "Puts an item before another one.", h.templateItemBefore, "templateId*", "checkListItemId*", "beforeItemId*")
	m("complete", "complete", "Completes an item.", h.templateItemComplete, "templateId*", "checkListItemId*")
	m("renew", "renew", "Opens an item again.", h.templateItemRenew, "templateId*", "checkListItemId*")
	m("addAttachmentByContent", "add-attachment-by-content", "Attaches a file that is sent along to an item.", h.templateItemSend,
		"templateId*", "checkListItemId*", "attachmentParameters*", "attachmentParameters.NAME", "attachmentParameters.CONTENT")
	m("addAttachmentsFromDisk", "add-attachments-from-disk", "Attaches files of a drive to an item.", h.templateItemAttach,
		"templateId*", "checkListItemId*", "filesIds*")
	m("removeAttachments", "remove-attachments", "Takes files off an item.", h.templateItemDetach, "templateId*", "checkListItemId*", "attachmentsIds*")
}

// templateItemParams are the parameters of all methods of a template's checklists.
type templateItemParams struct {
	Tree phpform.Value `b24:"*"`
}

// id returns a parameter that has to be a number; what is none finds nothing.
func (p templateItemParams) id(name string) (int64, error) {
	v, ok := p.Tree.GetFold(name)
	if !ok || v.IsNull() {
		return 0, numbered("100", "Could not find value for parameter {"+name+"}")
	}
	n, _ := v.Int()
	return n, nil
}

// ids returns the template and the item of a method. The pages have words of their own for an item that is left out; one that is no
// number is none that exists.
func (p templateItemParams) ids() (templateID, itemID int64, err error) {
	if templateID, err = p.id("templateId"); err != nil {
		return 0, 0, err
	}
	v, ok := p.Tree.GetFold("checkListItemId")
	if !ok || v.IsNull() {
		return 0, 0, numbered("100", `Bitrix\Tasks\CheckList\Internals\CheckList All parameters in the constructor must have real class type`)
	}
	itemID, _ = v.Int()
	return templateID, itemID, nil
}

// templateItemFault returns the fault on the wire; denied is what the caller may not do.
func templateItemFault(err error, title, denied string) error {
	switch {
	case errors.Is(err, template.ErrNotFound), errors.Is(err, checklist.ErrDenied):
		return numbered("0", denied+": action not available")
	case errors.Is(err, checklist.ErrNotFound):
		return numbered("0", "Invalid value [] for field [ENTITY_ID] in item [, "+clip(title)+"]")
	case errors.Is(err, checklist.ErrTitle):
		return numbered("0", "Item name is not specified")
	}
	for _, known := range []error{checklist.ErrLong, checklist.ErrMembers, checklist.ErrFull, checklist.ErrDepth, checklist.ErrCycle, template.ErrInvalid} {
		if errors.Is(err, known) {
			return numbered("0", strings.TrimSuffix(known.Error(), "\n"))
		}
	}
	return err
}

func (h handlers) templateItemAdd(ctx context.Context, c *rest.Call, p templateItemParams) (out phpform.Value, err error) {
	id, err := p.id("templateId")
	if err != nil {
		return out, err
	}
	ch, title, err := p.change()
	if err != nil {
		return out, err
	}
	if ch.ParentID == nil {
		return out, numbered("0", "Invalid value [] for field [PARENT_ID] in element [, "+clip(title)+"]")
	}
	i, err := h.Templates.Checklists().Add(ctx, actor(c), id, newItem(ch))
	if err != nil {
		return out, templateItemFault(err, title, "Adding item")
	}
	return h.templateItem(ctx, c, i, true)
}

// change reads the fields of an item.
func (p templateItemParams) change() (ch checklist.Change, title string, err error) {
	v, _ := p.Tree.GetFold("fields")
	fields, err := objectOf(&v, "fields")
	if err != nil {
		return ch, "", err
	}
	known := map[string]phpform.Value{}
	for _, e := range fields.Entries() {
		name := strings.ToUpper(e.Key)
		if !slices.Contains(checklistWritable, name) {
			return ch, "", numbered("0", "An item has no field "+clip(e.Key))
		}
		known[name] = e.Value
	}
	title = known["TITLE"].Text()
	if ch, err = checklistUpdate.checklistChange(known, 2); err != nil {
		return ch, title, numbered("0", "A field of item [, "+clip(title)+"] has a wrong value")
	}
	return ch, title, nil
}

func (h handlers) templateItemUpdate(ctx context.Context, c *rest.Call, p templateItemParams) (out phpform.Value, err error) {
	id, item, err := p.ids()
	if err != nil {
		return out, err
	}
	ch, title, err := p.change()
	if err != nil {
		return out, err
	}
	i, err := h.Templates.Checklists().Update(ctx, actor(c), id, item, ch)
	if err != nil {
		return out, templateItemFault(err, title, "Updating item")
	}
	return h.templateItem(ctx, c, i, false)
}

var errTemplateView = numbered("0", "Access to the task template is denied")

// templateItemGet answers an item without values where there is none.
func (h handlers) templateItemGet(ctx context.Context, c *rest.Call, p templateItemParams) (out phpform.Value, err error) {
	id, item, err := p.ids()
	if err != nil {
		return out, err
	}
	i, err := h.Templates.Checklists().Get(ctx, actor(c), id, item)
	switch {
	case errors.Is(err, template.ErrNotFound):
		return out, errTemplateView
	case errors.Is(err, checklist.ErrNotFound):
		return h.templateItem(ctx, c, checklist.Item{}, false)
	case err != nil:
		return out, err
	}
	return h.templateItem(ctx, c, i, false)
}

func (h handlers) templateItemDelete(ctx context.Context, c *rest.Call, p templateItemParams) (out phpform.Value, err error) {
	id, item, err := p.ids()
	if err != nil {
		return out, err
	}
	if err := h.Templates.Checklists().Delete(ctx, actor(c), id, item); err != nil {
		return out, templateItemFault(err, "", "Deleting item")
	}
	return phpform.BoolOf(true), nil
}

func (h handlers) templateItemAfter(ctx context.Context, c *rest.Call, p templateItemParams) (phpform.Value, error) {
	return h.templateItemMove(ctx, c, p, "afterItemId", h.Templates.Checklists().MoveAfter)
}

func (h handlers) templateItemBefore(ctx context.Context, c *rest.Call, p templateItemParams) (phpform.Value, error) {
	return h.templateItemMove(ctx, c, p, "beforeItemId", h.Templates.Checklists().MoveBefore)
}

func (h handlers) templateItemMove(ctx context.Context, c *rest.Call, p templateItemParams, name string,
	move func(ctx context.Context, actor user.Ref, ownerID, id, beside int64) (checklist.Item, error),
) (out phpform.Value, err error) {
	id, item, err := p.ids()
	if err != nil {
		return out, err
	}
	beside, err := p.id(name)
	if err != nil {
		return out, err
	}
	i, err := move(ctx, actor(c), id, item, beside)
	if err != nil {
		return out, templateItemFault(err, "", "Moving item")
	}
	return h.templateItem(ctx, c, i, false)
}

func (h handlers) templateItemComplete(ctx context.Context, c *rest.Call, p templateItemParams) (phpform.Value, error) {
	return h.templateItemToggle(ctx, c, p, true)
}

func (h handlers) templateItemRenew(ctx context.Context, c *rest.Call, p templateItemParams) (phpform.Value, error) {
	return h.templateItemToggle(ctx, c, p, false)
}

func (h handlers) templateItemToggle(ctx context.Context, c *rest.Call, p templateItemParams, complete bool) (out phpform.Value, err error) {
	id, item, err := p.ids()
	if err != nil {
		return out, err
	}
	i, err := h.Templates.Checklists().Update(ctx, actor(c), id, item, checklist.Change{Complete: &complete})
	if err != nil {
		return out, templateItemFault(err, "", "Changing the status of the item")
	}
	return h.templateItem(ctx, c, i, false)
}

// templateItem writes {"checkListItem": …}. Who has just been made part of an item is told by number and role.
func (h handlers) templateItem(ctx context.Context, c *rest.Call, i checklist.Item, added bool) (out phpform.Value, err error) {
	people, err := h.membersOf(ctx, []checklist.Item{i})
	if err != nil {
		return out, err
	}
	null := phpform.NullValue()
	or := func(n int64) phpform.Value {
		if n == 0 {
			return null
		}
		return phpform.IntOf(n)
	}
	var members []phpform.Value
	for _, m := range i.Members {
		if added {
			var o object
			members = append(members, o.str("type", string(m.Role)).set("id", phpform.IntOf(m.UserID)).value())
		} else {
			members = append(members, h.member(m, people[m.UserID], camelMember))
		}
	}
	var o, wrap object
	o.set("id", or(i.ID)).set("copiedId", null).set("userId", phpform.IntOf(c.UserID)).set("createdBy", or(i.CreatedBy))
	o.set("parentId", phpform.IntOf(i.ParentID)).str("title", i.Title).set("sortIndex", phpform.IntOf(i.Sort)).str("displaySortIndex", "")
	o.set("isComplete", phpform.BoolOf(i.Complete)).set("isImportant", phpform.BoolOf(i.Important)).set("completedCount", phpform.IntOf(0))
	o.set("members", phpform.ListOf(members...)).set("attachments", tiesOf(i.Files)).set("nodeId", null).set("templateId", or(i.OwnerID))
	return wrap.set("checkListItem", o.value()).value(), nil
}

// camelMember are the names of what is told of a member of a template's item.
var camelMember = [...]string{"id", "type", "name", "personalPhoto", "personalGender", "image", "isCollaber"}

// templateItemNames are the fields that a list can answer, by their names in a selection.
var templateItemNames = [][2]string{
	{"ID", "id"},
	{"TEMPLATE_ID", "templateId"},
	{"PARENT_ID", "parentId"},
	{"TITLE", "title"},
	{"SORT_INDEX", "sortIndex"},
	{"IS_COMPLETE", "isComplete"},
	{"IS_IMPORTANT", "isImportant"},
	{"MEMBERS", "members"},
	{"ATTACHMENTS", "attachments"},
}

func (h handlers) templateItemList(ctx context.Context, c *rest.Call, p templateItemParams) (out phpform.Value, err error) {
	id, err := p.id("templateId")
	if err != nil {
		return out, err
	}
	q, names, err := p.query()
	if err != nil {
		return out, err
	}
	items, err := h.Templates.Checklists().List(ctx, actor(c), id, q)
	if errors.Is(err, template.ErrNotFound) {
		return out, errTemplateView
	}
	if err != nil {
		return out, err
	}
	people, err := h.membersOf(ctx, items)
	if err != nil {
		return out, err
	}
	var all, wrap object
	for _, i := range items {
		all.set(idText(i.ID).Text(), h.templateListed(i, names, people))
	}
	return wrap.set("checkListItems", all.value()).value(), nil
}

// query reads filter, select and order. The template is the one that the call names, whatever the filter says.
func (p templateItemParams) query() (q checklist.Query, names []string, err error) {
	filter, _ := p.Tree.GetFold("filter")
	order, _ := p.Tree.GetFold("order")
	sel, _ := p.Tree.GetFold("select")
	s := signature{"checklist", "list", []argument{{"filter", "filter", array, true}, {"order", "order", array, true}, {"select", "select", array, true}}}
	var kept []phpform.Entry
	for _, e := range filter.Entries() {
		if !strings.EqualFold(e.Key, "TEMPLATE_ID") {
			kept = append(kept, e)
		}
	}
	a := arguments{phpform.ArrayOf(kept...), order, sel}
	if q.Filter, err = s.filter(a, 0, checklist.Columns(), nil); err != nil {
		return q, nil, numbered("0", "The filter cannot be read")
	}
	if q.Order, err = s.order(a, 1, checklist.Columns()); err != nil {
		return q, nil, numbered("0", "The order cannot be read")
	}
	known := make([]string, len(templateItemNames))
	for i, n := range templateItemNames {
		known[i] = n[0]
	}
	if names, err = s.selected(a, 2, known); err != nil {
		return q, nil, numbered("0", "There is no such field to select")
	}
	return q, names, nil
}

// templateListed writes an item in a list.
func (h handlers) templateListed(i checklist.Item, names []string, people map[int64]user.User) phpform.Value {
	var members []phpform.Value
	for _, m := range i.Members {
		members = append(members, h.member(m, people[m.UserID], camelMember))
	}
	parent := idText(i.ParentID)
	if i.ParentID == 0 {
		parent = phpform.IntOf(0)
	}
	values := []phpform.Value{
		idText(i.ID), idText(i.OwnerID), parent, phpform.StringOf(i.Title), idText(i.Sort), yesNo(i.Complete), yesNo(i.Important),
		phpform.ListOf(members...), tiesOf(i.Files),
	}
	var o object
	for n, name := range templateItemNames {
		if slices.Contains(names, name[0]) {
			o.set(name[1], values[n])
		}
	}
	return o.value()
}
