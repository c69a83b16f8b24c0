/** Regions and availability zones. */
import type { OperationHandlers } from '@millrace/aws/service'
import { availabilityZones, defaultRegions } from '@millrace/aws/zones'
import { refused } from './errors.ts'
import { filtered } from './filters.ts'

export const regionOperations: OperationHandlers<'ec2'> = {
  DescribeAvailabilityZones: async ({ ZoneNames, ZoneIds, Filters }, { region }) => {
    const zones = availabilityZones(region).map((zone) => ({ ...zone, tags: {} }))
    for (const name of ZoneNames ?? []) {
      if (!zones.some((zone) => zone.name === name))
        throw refused('InvalidParameterValue', `Invalid availability zone: [${name}]`)
    }
    for (const id of ZoneIds ?? []) {
      if (!zones.some((zone) => zone.id === id))
        throw refused('InvalidParameterValue', `Invalid availability zone-id: [${id}]`)
    }
    const chosen = zones.filter(
      ({ name, id }) => (ZoneNames?.includes(name) ?? true) && (ZoneIds?.includes(id) ?? true),
    )
    const names = ['group-name', 'opt-in-status', 'region-name', 'state', 'zone-id', 'zone-name', 'zone-type']
    const found = filtered(chosen, Filters, names, ({ name, id }) => ({
      'group-name': [`${region}-zg-1`],
      'opt-in-status': ['opt-in-not-required'],
      'region-name': [region],
      state: ['available'],
      'zone-id': [id],
      'zone-name': [name],
      'zone-type': ['availability-zone'],
    }))
    return {
      AvailabilityZones: found.map(({ name, id }) => ({
        ZoneName: name,
        ZoneId: id,
        RegionName: region,
        GroupName: `${region}-zg-1`,
        NetworkBorderGroup: region,
        OptInStatus: 'opt-in-not-required' as const,
        State: 'available' as const,
        ZoneType: 'availability-zone',
        Messages: [],
      })),
    }
  },

  DescribeRegions: async ({ RegionNames, Filters }) => {
    for (const name of RegionNames ?? []) {
      if (!defaultRegions.includes(name)) throw refused('InvalidParameterValue', `Invalid region provided: ${name}`)
    }
    const chosen = defaultRegions
      .filter((name) => RegionNames?.includes(name) ?? true)
      .map((name) => ({ name, tags: {} }))
    const found = filtered(chosen, Filters, ['endpoint', 'opt-in-status', 'region-name'], ({ name }) => ({
      endpoint: [`ec2.${name}.amazonaws.com`],
      'opt-in-status': ['opt-in-not-required'],
      'region-name': [name],
    }))
    return {
      Regions: found.map(({ name }) => ({
        RegionName: name,
        Endpoint: `ec2.${name}.amazonaws.com`,
        OptInStatus: 'opt-in-not-required',
      })),
    }
  },
}
