// SCIMMY in memory behind its routers: users and groups by id, with an index on the names.
import {randomUUID} from "node:crypto";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

SCIMMY.Config.set({patch: true, filter: true, bulk: true});

function store(type, name) {
    const byId = new Map(), byName = new Map();
    const key = (value) => String(value).toLowerCase();
    // A filter that is nothing but `name eq "..."` is answered from the index.
    const named = (filter) => {
        const [only, ...others] = filter;
        const alone = others.length === 0 && Object.keys(only).join() === name;
        const indexed = alone && only[name][0] === "eq";
        return indexed ? [byName.get(key(only[name][1]))].filter(Boolean) : undefined;
    };
    // SCIMMY would make an answer of every user, and cut the page out of that.
    const page = (resource) => {
        const {startIndex = 1, count = 20} = resource.constraints ?? {};
        resource.constraints = {...resource.constraints, totalResults: byId.size};
        return [...byId.values()].slice(startIndex - 1, startIndex - 1 + count);
    };
    SCIMMY.Resources.declare(type, {
        egress: (resource) => {
            if (resource.id) {
                if (!byId.has(resource.id)) throw new Error("not found");
                return byId.get(resource.id);
            }
            if (!resource.filter) return page(resource);
            return named(resource.filter) ?? resource.filter.match([...byId.values()]);
        },
        ingress: (resource, data) => {
            const before = byId.get(resource.id), now = new Date().toISOString();
            const same = byName.get(key(data[name]));
            if (resource.id && !before) throw new Error("not found");
            if (same && same.id !== resource.id) {
                throw new SCIMMY.Types.Error(409, "uniqueness", `${name} is taken`);
            }
            const id = resource.id ?? randomUUID();
            const meta = {created: before?.meta.created ?? now, lastModified: now};
            const kept = {...JSON.parse(JSON.stringify(data)), id, meta};
            if (before) byName.delete(key(before[name]));
            byId.set(id, kept);
            byName.set(key(kept[name]), kept);
            return kept;
        },
        degress: (resource) => {
            const before = byId.get(resource.id);
            if (!before) throw new Error("not found");
            byId.delete(resource.id);
            byName.delete(key(before[name]));
        },
    });
}

store(SCIMMY.Resources.User, "userName");
store(SCIMMY.Resources.Group, "displayName");

const app = express();
app.use("/scim", new SCIMMYRouters({
    type: "bearer",
    handler: (request) => {
        if (request.header("Authorization") !== "Bearer bench") throw new Error("no token");
        return "bench";
    },
}));
app.listen(Number(process.argv[2]), "127.0.0.1");
