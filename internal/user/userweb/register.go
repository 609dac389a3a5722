// Package userweb holds what people see of people: the list, the card of a person, pictures, and the sessions behind the
// sign-in page.
package userweb

import (
	"bytes"
	"context"
	"embed"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/setting/settingweb"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/userfield/userfieldweb"
	"github.com/portico-hq/portico/internal/web"
)

//go:embed *.tmpl *.js *.css
var files embed.FS

// section is the navigation item of these pages.
const section = "people"

type pages struct {
	users      *user.Service
	publicURL  func(path string) string
	ownFields  OwnFields
	fieldFiles userfieldweb.ShownFiles
	mail       Mailer // nil: links are not sent
}

// actor returns who asks, as those who decide see them.
func (h pages) actor(r *web.Request) user.Ref {
	return user.Ref{ID: r.Viewer.ID, Admin: r.Viewer.Admin, Access: r.Viewer.Access}
}

// Register adds the pages of s to the shell. Their navigation item has the ID "people" and the URL "/company/". publicURL
// returns the absolute address of a path of the portal.
func Register(shell *web.Shell, s *user.Service, publicURL func(path string) string, options ...Option) {
	shell.Area("user", files)
	h := pages{users: s, publicURL: publicURL}
	for _, o := range options {
		o(&h)
	}
	shell.Page("/company/{$}", web.SignedIn, h.people)
	shell.Fragment("/company/list", web.SignedIn, h.listFragment)
	shell.Page("/company/personal/user/{id}/{$}", web.SignedIn, h.card)
	shell.Page("/company/personal/user/{id}/more", web.SignedIn, h.more)
	shell.Action("/company/personal/user/{id}/more", web.SignedIn, h.saveMore, web.MaxBody(userfieldweb.MaxForm))
	h.registerManagement(shell)
	shell.Page(ProfileURL+"{$}", web.SignedIn, h.profile)
	shell.Action(ProfileURL+"{$}", web.SignedIn, h.saveProfile)
	shell.Action(ProfileURL+"photo", web.SignedIn, h.savePhoto, web.MaxBody(user.MaxAvatar+64<<10))
	shell.Command(web.Command{Title: "Profile", URL: ProfileURL, Icon: "user", Keywords: "photo time zone language theme name"})
	shell.Fragment("/company/pick", web.SignedIn, h.suggest)
	shell.Fragment("/company/find", web.SignedIn, h.find)
	shell.Page(settingweb.RolesURL+"{$}", web.Admin, h.roles)
	shell.Page(settingweb.RolesURL+"new", web.Admin, h.newRole)
	shell.Action(settingweb.RolesURL+"new", web.Admin, h.saveRole)
	shell.Page(settingweb.RolesURL+"{id}/{$}", web.Admin, h.role)
	shell.Action(settingweb.RolesURL+"{id}/save", web.Admin, h.saveRole)
	shell.Action(settingweb.RolesURL+"{id}/delete", web.Admin, h.deleteRole)
	shell.Action(settingweb.RolesURL+"{id}/give", web.Admin, h.giveRole)
	shell.Page("/join/{token}", web.Public, h.joinPage)
	shell.Action("/join/{token}", web.Public, h.join)
	shell.Fragment("/avatar/{id}/{hash}", web.Public, h.avatar)
	shell.Search("People", h.search)
}

// registerManagement adds the pages of who looks after people and departments.
func (h pages) registerManagement(shell *web.Shell) {
	people, departments := web.Needs(access.ManagePeople), web.Needs(access.ManageDepartments)
	shell.Page(manageURL+"{$}", people, h.manage)
	shell.Action(manageURL+"bulk", people, h.bulk)
	shell.Fragment(manageURL+"export", people, h.export)
	shell.Page("/company/invite", people, h.invitePage)
	shell.Action("/company/invite", people, h.invite)
	shell.Action("/company/invite/many", people, h.inviteMany)
	shell.Page("/company/personal/user/{id}/edit", people, h.edit)
	shell.Action("/company/personal/user/{id}/edit", people, h.saveEdit)
	shell.Action("/company/personal/user/{id}/link", people, h.link)
	shell.Action(mailLinksURL, people, h.mailLinks)
	shell.Action("/company/personal/user/{id}/revoke", people, h.revoke)
	shell.Action("/company/personal/user/{id}/dismiss", people, h.dismiss)
	shell.Action("/company/personal/user/{id}/return", people, h.takeBack)
	shell.Page(structureURL+"{$}", web.SignedIn, h.structure)
	shell.Page(structureURL+"new", departments, h.newDepartment)
	shell.Action(structureURL+"new", departments, h.saveDepartment)
	shell.Page(structureURL+"{id}/{$}", departments, h.department)
	shell.Action(structureURL+"{id}/save", departments, h.saveDepartment)
	shell.Action(structureURL+"{id}/move", departments, h.moveDepartment)
	shell.Action(structureURL+"{id}/delete", departments, h.deleteDepartment)
	shell.Action(structureURL+"{id}/member", departments, h.setMember)
	shell.Command(web.Command{Title: "Departments", URL: structureURL, Icon: "people", Keywords: "structure company tree"})
	shell.Command(web.Command{Title: "Manage people", URL: manageURL, Icon: "users", Keywords: "dismiss roles state", Needs: access.ManagePeople})
	shell.Command(web.Command{Title: "Invite people", URL: "/company/invite", Icon: "user-plus", Keywords: "add csv list", Needs: access.ManagePeople})
	shell.Command(web.Command{Title: "Roles", URL: settingweb.RolesURL, Icon: "shield", Keywords: "permissions access", Admin: true})
}

// avatar serves a picture, for ever: its address names its bytes. It needs no session, since applications are given the
// address too; the hash cannot be guessed.
func (h pages) avatar(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	a, err := h.users.Avatar(ctx, id, r.PathValue("hash"), r.Int("size", 0))
	if err != nil {
		return nil, err
	}
	return web.File{Content: bytes.NewReader(a.Data), Name: "avatar", Type: a.Type, Inline: true, Forever: true}, nil
}
