package taskrest

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/task/checklist"
)

// checklistActions are what somebody may do with an item (api-reference/tasks/fields.md#checklist-item-action).
type checklistActions struct {
	Modify        bool `json:"modify"`
	Remove        bool `json:"remove"`
	Toggle        bool `json:"toggle"`
	Add           bool `json:"add"`
	AddAccomplice bool `json:"addAccomplice"`
}

// checklistItem is an item as the methods of tasks show it.
type checklistItem struct {
	ID          string           `json:"id"`
	TaskID      string           `json:"taskId"`
	CreatedBy   string           `json:"createdBy"`
	ParentID    any              `json:"parentId"`
	Title       string           `json:"title"`
	SortIndex   string           `json:"sortIndex"`
	IsComplete  string           `json:"isComplete"`
	IsImportant string           `json:"isImportant"`
	ToggledBy   *string          `json:"toggledBy"`
	ToggledDate *string          `json:"toggledDate"`
	Files       bool             `json:"ufChecklistFiles"`
	Members     json.RawMessage  `json:"members"`
	Attachments []string         `json:"attachments"`
	EntityID    string           `json:"entityId"`
	Action      checklistActions `json:"action"`
}

// checklistNode is a node of the tree.
type checklistNode struct {
	NodeID      int64           `json:"nodeId"`
	Fields      checklistFields `json:"fields"`
	Action      any             `json:"action"`
	Descendants []checklistNode `json:"descendants"`
}

type checklistFields struct {
	ID             *int64          `json:"id"`
	CopiedID       *int64          `json:"copiedId"`
	EntityID       *int64          `json:"entityId"`
	UserID         int64           `json:"userId"`
	CreatedBy      *int64          `json:"createdBy"`
	ParentID       *int64          `json:"parentId"`
	Title          string          `json:"title"`
	SortIndex      *int64          `json:"sortIndex"`
	Display        string          `json:"displaySortIndex"`
	IsComplete     bool            `json:"isComplete"`
	IsImportant    bool            `json:"isImportant"`
	CompletedCount int             `json:"completedCount"`
	Members        json.RawMessage `json:"members"`
	Attachments    []string        `json:"attachments"`
	NodeID         *int64          `json:"nodeId"`
}

// checklists writes the checklists of a task, flat and as a tree.
func (p *page) checklists(ctx context.Context, w *objectWriter, taskID int64, flat bool) error {
	root := checklistNode{
		Fields: checklistFields{UserID: p.actor.ID, Members: nothing, Attachments: []string{}}, Action: []string{}, Descendants: []checklistNode{},
	}
	var rights checklist.Rights
	var items objectWriter
	if p.Checklists != nil {
		roots, r, err := p.Checklists.Trees(ctx, p.actor, taskID)
		if err != nil {
			return err
		}
		rights = r
		c := checklistWriter{page: p, rights: checklistActions{r.Edit, r.Edit, r.Toggle, r.Edit, r.Edit}, items: &items}
		for _, n := range roots {
			root.Descendants = append(root.Descendants, c.node(n, ""))
		}
	}
	if flat {
		value := items.done()
		if len(root.Descendants) == 0 {
			value = nothing
		}
		w.member("checklist", value)
	}
	w.value("checkListTree", root)
	w.value("checkListCanAdd", rights.Edit)
	return nil
}

// checklistWriter numbers the nodes as it goes.
type checklistWriter struct {
	page   *page
	rights checklistActions
	items  *objectWriter
	last   int64
}

// node writes an item and what is below it; display is its place in the numbering, empty for a checklist itself.
func (c *checklistWriter) node(n *checklist.Node, display string) checklistNode {
	c.last++
	members := checklistMembers(n.Members)
	i := n.Item
	out := checklistNode{NodeID: c.last, Action: c.rights, Descendants: []checklistNode{}, Fields: checklistFields{
		ID: &i.ID, EntityID: &i.OwnerID, UserID: c.page.actor.ID, CreatedBy: &i.CreatedBy, ParentID: &i.ParentID, Title: i.Title, SortIndex: &i.Sort,
		Display: display, IsComplete: i.Complete, IsImportant: i.Important, CompletedCount: n.Done, Members: members, Attachments: []string{},
	}}
	c.items.value(strconv.FormatInt(i.ID, 10), c.item(i, members))
	for at, part := range n.Parts {
		place := strconv.Itoa(at + 1)
		if display != "" {
			place = display + "." + place
		}
		out.Descendants = append(out.Descendants, c.node(part, place))
	}
	return out
}

func (c *checklistWriter) item(i checklist.Item, members json.RawMessage) checklistItem {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	out := checklistItem{
		ID: number(i.ID), TaskID: number(i.OwnerID), CreatedBy: number(i.CreatedBy), ParentID: number(i.ParentID), Title: i.Title, SortIndex: number(i.Sort),
		IsComplete: phpform.YesNo(i.Complete), IsImportant: phpform.YesNo(i.Important), Members: members, Attachments: []string{}, EntityID: number(i.OwnerID), Action: c.rights,
	}
	if i.ParentID == 0 {
		out.ParentID = 0
	}
	if i.ToggledBy != 0 {
		by, at := number(i.ToggledBy), i.Toggled.In(c.page.zone).Format(time.RFC3339)
		out.ToggledBy, out.ToggledDate = &by, &at
	}
	return out
}

func checklistMembers(members []checklist.Member) json.RawMessage {
	if len(members) == 0 {
		return nothing
	}
	var w objectWriter
	for _, m := range members {
		w.value(strconv.FormatInt(m.UserID, 10), struct {
			ID   string `json:"id"`
			Type string `json:"type"`
		}{strconv.FormatInt(m.UserID, 10), string(m.Role)})
	}
	return w.done()
}
