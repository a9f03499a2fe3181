Show Me Around: a first walk for each role by Odoo's own tours, offered once to newcomers and waiting below one's name.
