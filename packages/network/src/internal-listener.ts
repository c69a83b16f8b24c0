/** Who a peer of an internal listener is: a node of the cluster, by the cluster's secret. */

export const INTERNAL_USER = 'internal'
/** Of no type that a client can get: authentication on client listeners gives principals of type User. */
export const INTERNAL_PRINCIPAL = 'Node:internal'
