package partrest

import (
	"context"
	"errors"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/user"
)

const checklistPages = "api-reference/tasks/checklist-item/task-checklist-item-"

func (h handlers) registerChecklist(r *rest.Registry) {
	m := func(name, page, summary string, f func(context.Context, *rest.Call, rest.AnyParams) (phpform.Value, error), reads ...string) {
		r.Add(rest.M("task.checklistitem."+name, "task", rest.Everyone, summary, f, rest.Doc(checklistPages+page+".md"), rest.Reads(reads...)))
	}
	fields := []string{
		"FIELDS.TITLE", "FIELDS.SORT_INDEX", "FIELDS.IS_COMPLETE", "FIELDS.IS_IMPORTANT", "FIELDS.MEMBERS", "FIELDS.PARENT_ID",
	}
	m("add", "add", "Adds an item to the checklists of a task.", h.checklistAdd, append([]string{"TASKID*", "FIELDS*", "FIELDS.TITLE*"}, fields[1:]...)...)
	m("update", "update", "Changes an item.", h.checklistUpdate, append([]string{"TASKID*", "ITEMID*", "FIELDS*"}, fields...)...)
	m("get", "get", "Answers an item.", h.checklistGet, "TASKID*", "ITEMID*")
	m("getlist", "get-list", "Lists the items of a task.", h.checklistList, "TASKID*", "ORDER")
	m("delete", "delete", "Removes an item with what is below it.", h.checklistDelete, "TASKID*", "ITEMID*")
	m("moveafteritem", "move-after-item", "Puts an item behind another one.", h.checklistMove, "TASKID*", "ITEMID*", "AFTERITEMID*")
	m("complete", "complete", "Completes an item.", h.checklistComplete, "TASKID*", "ITEMID*")
	m("renew", "renew", "Opens an item again.", h.checklistRenew, "TASKID*", "ITEMID*")
	m("isactionallowed", "is-action-allowed", "Tells whether something may be done with an item.", h.checklistMay, "TASKID*", "ITEMID*", "ACTIONID*")
	m("getmanifest", "get-manifest", "Describes the methods of checklists.", checklistManifest)
}

// The arguments that the older families share.
var (
	taskArg   = argument{wire: "TASKID", name: "taskId", kind: integer}
	itemArg   = argument{wire: "ITEMID", name: "itemId", kind: integer}
	actionArg = argument{wire: "ACTIONID", name: "actionId", kind: integer}
	fieldsArg = argument{wire: "FIELDS", name: "arFields", kind: array}
)

func checklistMethod(method string, args ...argument) signature {
	return signature{"ctaskchecklistitem", method, append([]argument{taskArg}, args...)}
}

var (
	checklistAdd    = checklistMethod("add", fieldsArg)
	checklistUpdate = checklistMethod("update", itemArg, fieldsArg)
	checklistGet    = checklistMethod("get", itemArg)
	checklistList   = checklistMethod("getlist", argument{"ORDER", "arOrder", array, true})
	checklistDelete = checklistMethod("delete", itemArg)
	checklistMove   = checklistMethod("moveafteritem", itemArg, argument{"AFTERITEMID", "afterItemId", integer, false})
	checklistDone   = checklistMethod("complete", itemArg)
	checklistRenew  = checklistMethod("renew", itemArg)
	checklistMay    = checklistMethod("isactionallowed", itemArg, actionArg)
)

// The fields of an item, in the order in which they are told.
var (
	checklistWritable = []string{"PARENT_ID", "TITLE", "SORT_INDEX", "IS_COMPLETE", "IS_IMPORTANT", "MEMBERS"}
	checklistReadable = []string{
		"ID", "TASK_ID", "PARENT_ID", "CREATED_BY", "TITLE", "SORT_INDEX", "IS_COMPLETE", "IS_IMPORTANT", "TOGGLED_BY", "TOGGLED_DATE",
		"MEMBERS", "ATTACHMENTS",
	}
	checklistSortable = []string{
		"ID", "PARENT_ID", "CREATED_BY", "TITLE", "SORT_INDEX", "IS_COMPLETE", "IS_IMPORTANT", "TOGGLED_BY", "TOGGLED_DATE",
	}
)

func (h handlers) checklistAdd(ctx context.Context, c *rest.Call, p rest.AnyParams) (out phpform.Value, err error) {
	s := checklistAdd
	a, err := s.read(p.Tree)
	if err != nil {
		return out, err
	}
	fields, err := s.fields(a, 1, checklistWritable...)
	if err != nil {
		return out, err
	}
	ch, err := s.checklistChange(fields, 1)
	if err != nil {
		return out, err
	}
	i, err := h.Checklists.Add(ctx, actor(c), a.int(0), newItem(ch))
	if err != nil {
		return out, checklistFault(err, failed("Adding item: action not allowed"))
	}
	return phpform.IntOf(i.ID), nil
}

// newItem makes a new item of what is told about one.
func newItem(ch checklist.Change) checklist.New {
	n := checklist.New{ParentID: ch.ParentID, Sort: ch.Sort}
	if ch.Title != nil {
		n.Title = *ch.Title
	}
	n.Complete = ch.Complete != nil && *ch.Complete
	n.Important = ch.Important != nil && *ch.Important
	if ch.Members != nil {
		n.Members = *ch.Members
	}
	return n
}

// checklistChange reads the fields of an item; at is the argument that holds them.
func (s signature) checklistChange(fields map[string]phpform.Value, at int) (ch checklist.Change, err error) {
	for name, v := range fields {
		ok := true
		switch name {
		case "TITLE":
			title := v.Text()
			ok = !v.IsArray()
			ch.Title = &title
		case "SORT_INDEX":
			ch.Sort, ok = number(v)
		case "PARENT_ID":
			ch.ParentID, ok = number(v)
		case "IS_COMPLETE":
			ch.Complete, ok = flagOf(v)
		case "IS_IMPORTANT":
			ch.Important, ok = flagOf(v)
		case "MEMBERS":
			ch.Members, ok = membersOf(v)
		}
		if !ok {
			return ch, s.badValue(at, name)
		}
	}
	return ch, nil
}

func number(v phpform.Value) (*int64, bool) {
	n, ok := v.Int()
	return &n, ok && !v.IsArray() || v.Kind() == phpform.String && v.Text() == ""
}

func flagOf(v phpform.Value) (*bool, bool) {
	b, ok := flag(v)
	return &b, ok
}

// membersOf reads {"547": {"TYPE": "A"}}.
func membersOf(v phpform.Value) (*[]checklist.Member, bool) {
	out := []checklist.Member{}
	if !v.IsArray() {
		return &out, v.Text() == ""
	}
	for _, e := range v.Entries() {
		id, ok := phpform.StringOf(e.Key).Int()
		role, _ := e.Value.GetFold("TYPE")
		if !ok || id <= 0 || role.Text() != "A" && role.Text() != "U" {
			return nil, false
		}
		out = append(out, checklist.Member{UserID: id, Role: checklist.Role(role.Text())})
	}
	return &out, true
}

// checklistFault returns the fault on the wire: denied where the caller may not do it or there is nothing to do it with.
func checklistFault(err error, denied *fault.Fault) error {
	switch {
	case errors.Is(err, task.ErrNotFound), errors.Is(err, checklist.ErrNotFound), errors.Is(err, checklist.ErrDenied):
		return denied
	case errors.Is(err, checklist.ErrTitle):
		return failed("Item name not specified")
	}
	return anyFault(err)
}

// anyFault gives a fault of an area the form of the older families.
func anyFault(err error) error {
	f := fault.Of(err)
	if f.Kind == fault.Internal {
		return err
	}
	return failed(f.Text)
}

func (h handlers) checklistUpdate(ctx context.Context, c *rest.Call, p rest.AnyParams) (out phpform.Value, err error) {
	s := checklistUpdate
	a, err := s.read(p.Tree)
	if err != nil {
		return out, err
	}
	fields, err := s.fields(a, 2, checklistWritable...)
	if err != nil {
		return out, err
	}
	ch, err := s.checklistChange(fields, 2)
	if err != nil {
		return out, err
	}
	_, err = h.Checklists.Update(ctx, actor(c), a.int(0), a.int(1), ch)
	if errors.Is(err, checklist.ErrNotFound) {
		return out, failed("Incorrect value [] specified for field [ENTITY_ID] in item [, " + clip(fields["TITLE"].Text()) + "]")
	}
	if err != nil {
		return out, checklistFault(err, forbiddenAction("No access to edit the task"))
	}
	return phpform.NullValue(), nil
}

func (h handlers) checklistGet(ctx context.Context, c *rest.Call, p rest.AnyParams) (out phpform.Value, err error) {
	a, err := checklistGet.read(p.Tree)
	if err != nil {
		return out, err
	}
	i, err := h.Checklists.Get(ctx, actor(c), a.int(0), a.int(1))
	if err != nil {
		return out, checklistFault(err, errItem)
	}
	rows, err := h.checklistRows(ctx, c, []checklist.Item{i})
	if err != nil {
		return out, err
	}
	return rows[0], nil
}

func (h handlers) checklistList(ctx context.Context, c *rest.Call, p rest.AnyParams) (out phpform.Value, err error) {
	s := checklistList
	a, err := s.read(p.Tree)
	if err != nil {
		return out, err
	}
	orders, err := s.order(a, 1, checklist.Columns())
	if err != nil {
		return out, err
	}
	items, err := h.Checklists.List(ctx, actor(c), a.int(0), checklist.Query{Order: orders})
	if err != nil {
		return out, checklistFault(err, failed("Action failed"))
	}
	rows, err := h.checklistRows(ctx, c, items)
	return phpform.ListOf(rows...), err
}

// checklistRows writes items as the older family does.
func (h handlers) checklistRows(ctx context.Context, c *rest.Call, items []checklist.Item) ([]phpform.Value, error) {
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return nil, err
	}
	people, err := h.membersOf(ctx, items)
	if err != nil {
		return nil, err
	}
	attached, err := h.attachedTo(ctx, items)
	if err != nil {
		return nil, err
	}
	out := make([]phpform.Value, len(items))
	for n, i := range items {
		var o object
		o.set("ID", idText(i.ID)).set("TASK_ID", idText(i.OwnerID))
		if i.ParentID == 0 {
			o.set("PARENT_ID", phpform.IntOf(0))
		} else {
			o.set("PARENT_ID", idText(i.ParentID))
		}
		o.set("CREATED_BY", idText(i.CreatedBy)).str("TITLE", i.Title).set("SORT_INDEX", idText(i.Sort))
		o.set("IS_COMPLETE", yesNo(i.Complete)).set("IS_IMPORTANT", yesNo(i.Important))
		if i.ToggledBy == 0 {
			o.set("TOGGLED_BY", phpform.NullValue())
		} else {
			o.set("TOGGLED_BY", idText(i.ToggledBy))
		}
		o.str("TOGGLED_DATE", moment(i.Toggled, zone))
		members := phpform.ListOf()
		if len(i.Members) > 0 {
			var list []phpform.Value
			for _, m := range i.Members {
				list = append(list, h.member(m, people[m.UserID], upperMember))
			}
			members = phpform.ListOf(list...)
		}
		out[n] = o.set("MEMBERS", members).set("ATTACHMENTS", itemAttached(attached[i.ID])).value()
	}
	return out, nil
}

// itemAttached writes the files of an item.
func itemAttached(list []Attachment) phpform.Value {
	if len(list) == 0 {
		return phpform.ListOf()
	}
	var o object
	for _, f := range list {
		o.set(idText(f.ID).Text(), attachedObject(f, phpform.IntOf(f.ID)))
	}
	return o.value()
}

// attachedTo returns the files of items of a task's checklists.
func (h handlers) attachedTo(ctx context.Context, items []checklist.Item) (map[int64][]Attachment, error) {
	var ids []int64
	for _, i := range items {
		if len(i.Files) > 0 {
			ids = append(ids, i.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return h.Files.ItemAttachments(ctx, ids)
}

// membersOf returns the people of items.
func (h handlers) membersOf(ctx context.Context, items []checklist.Item) (map[int64]user.User, error) {
	var ids []int64
	seen := map[int64]bool{}
	for _, i := range items {
		for _, m := range i.Members {
			if !seen[m.UserID] {
				seen[m.UserID] = true
				ids = append(ids, m.UserID)
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return h.Users.Many(ctx, ids)
}

// upperMember are the names of what is told of a member.
var upperMember = [...]string{"ID", "TYPE", "NAME", "PERSONAL_PHOTO", "PERSONAL_GENDER", "IMAGE", "IS_COLLABER"}

// member writes a person of an item. The file of a picture has no number here, so that is null.
func (h handlers) member(m checklist.Member, u user.User, names [7]string) phpform.Value {
	image := ""
	if path := u.AvatarPath(); path != "" {
		image = h.URL(path)
	}
	var o object
	o.set(names[0], idText(m.UserID)).str(names[1], string(m.Role)).str(names[2], u.DisplayName())
	o.set(names[3], phpform.NullValue()).str(names[4], u.Gender).str(names[5], image)
	return o.set(names[6], phpform.BoolOf(u.Kind == user.Extranet)).value()
}

func (h handlers) checklistDelete(ctx context.Context, c *rest.Call, p rest.AnyParams) (out phpform.Value, err error) {
	a, err := checklistDelete.read(p.Tree)
	if err != nil {
		return out, err
	}
	if err := h.Checklists.Delete(ctx, actor(c), a.int(0), a.int(1)); err != nil {
		return out, checklistFault(err, failed("Deleting item: action not allowed"))
	}
	return phpform.BoolOf(true), nil
}

func (h handlers) checklistMove(ctx context.Context, c *rest.Call, p rest.AnyParams) (out phpform.Value, err error) {
	a, err := checklistMove.read(p.Tree)
	if err != nil {
		return out, err
	}
	if _, err := h.Checklists.MoveAfter(ctx, actor(c), a.int(0), a.int(1), a.int(2)); err != nil {
		return out, checklistFault(err, failed("Moving item: action not allowed"))
	}
	return phpform.NullValue(), nil
}

func (h handlers) checklistComplete(ctx context.Context, c *rest.Call, p rest.AnyParams) (phpform.Value, error) {
	return h.checklistToggle(ctx, c, p, checklistDone, true)
}

func (h handlers) checklistRenew(ctx context.Context, c *rest.Call, p rest.AnyParams) (phpform.Value, error) {
	return h.checklistToggle(ctx, c, p, checklistRenew, false)
}

// checklistToggle finds the item by its own number alone, as the page says.
func (h handlers) checklistToggle(ctx context.Context, c *rest.Call, p rest.AnyParams, s signature, complete bool) (out phpform.Value, err error) {
	a, err := s.read(p.Tree)
	if err != nil {
		return out, err
	}
	if err := positive(a.int(0), a.int(1)); err != nil {
		return out, err
	}
	_, found, err := h.Checklists.SetComplete(ctx, actor(c), a.int(1), complete)
	if err != nil {
		return out, anyFault(err)
	}
	return phpform.BoolOf(found), nil
}

func (h handlers) checklistMay(ctx context.Context, c *rest.Call, p rest.AnyParams) (out phpform.Value, err error) {
	a, err := checklistMay.read(p.Tree)
	if err != nil {
		return out, err
	}
	may, err := h.Checklists.May(ctx, actor(c), a.int(0), a.int(1), checklist.Action(a.int(2)))
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return out, anyFault(err)
	}
	return phpform.BoolOf(may), nil
}
