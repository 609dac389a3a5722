// Package userrest holds the REST methods of users and departments: user.*, profile and department.*.
package userrest

import (
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// scopes are the three levels of access to people; see fields.go for what each shows.
const scopes = "user,user_basic,user_brief"

// pageSize is how many entries a list answers at once.
const pageSize = 50

type handlers struct {
	users     *user.Service
	publicURL func(path string) string
}

// Register adds the methods of s to r. publicURL returns the absolute address of a path of the portal.
func Register(r *rest.Registry, s *user.Service, publicURL func(path string) string) {
	h := handlers{s, publicURL}
	r.Add(
		rest.M("user.current", scopes, rest.Everyone, "Returns the user who calls.", h.current,
			rest.Doc("api-reference/user/user-current.md")),
		rest.M("user.get", scopes, rest.Everyone, "Lists users by a filter.", h.get,
			rest.Doc("api-reference/user/user-get.md")),
		rest.M("user.search", scopes, rest.Everyone, "Finds users by the beginnings of names, position and department.", h.search,
			rest.Doc("api-reference/user/user-search.md")),
		rest.M("user.add", "user", rest.Everyone, "Invites a person; for those who manage people.", h.add,
			rest.Doc("api-reference/user/user-add.md"), profileFields),
		rest.M("user.update", "user", rest.Everyone, "Changes, dismisses or takes back a person; for those who manage people.", h.update,
			rest.Doc("api-reference/user/user-update.md"), profileFields),
		rest.M("user.fields", scopes, rest.Everyone, "Lists the fields of a user with their titles.", h.fields,
			rest.Doc("api-reference/user/user-fields.md")),
		rest.M("profile", rest.Basic, rest.Everyone, "Returns the name of the user who calls.", h.profile,
			rest.Doc("api-reference/common/users/profile.md")),
		rest.M("user.admin", rest.Basic, rest.Everyone, "Tells whether the user who calls is an administrator.", h.admin,
			rest.Doc("api-reference/common/users/user-admin.md")),
		rest.M("user.access", rest.Basic, rest.Everyone, "Tells whether the user who calls has one of several access codes.", h.access,
			rest.Doc("api-reference/common/users/user-access.md")),
		rest.M("access.name", rest.Basic, rest.Everyone, "Returns the names of access codes.", h.accessName,
			rest.Doc("api-reference/common/system/access-name.md")),
		rest.M("department.get", "department", rest.Everyone, "Lists departments by a filter.", h.departments,
			rest.Doc("api-reference/departments/department-get.md"), rest.Reads("sort", "SORT")),
		rest.M("department.fields", "department", rest.Everyone, "Lists the fields of a department with their titles.",
			h.departmentFields, rest.Doc("api-reference/departments/department-fields.md")),
		rest.M("department.add", "department", rest.Everyone, "Adds a department; for those who manage departments.", h.departmentAdd,
			rest.Doc("api-reference/departments/department-add.md")),
		rest.M("department.update", "department", rest.Everyone, "Changes a department; for those who manage departments.", h.departmentUpdate,
			rest.Doc("api-reference/departments/department-update.md")),
		rest.M("department.delete", "department", rest.Everyone, "Deletes an empty department; for those who manage departments.",
			h.departmentDelete, rest.Doc("api-reference/departments/department-delete.md")),
	)
}
